#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "system/http/connection_stream.hpp"

namespace watchrig::http {

/// Leads a connection on to another server, byte by byte, `read` first, until one of the two closes or takes
/// nothing for ten seconds (real time), or it is not `wanted` any more: that is asked whenever the client is
/// read, whose waiting ends with the stream's cancel(). A RST of that server becomes one to the client; else
/// the connection is left open for its end. False when that server does not answer.
boost::asio::awaitable<bool> pass_through(std::shared_ptr<ConnectionStream> stream,
                                          boost::asio::ip::tcp::endpoint to, std::string read,
                                          std::function<bool()> wanted);

}  // namespace watchrig::http
