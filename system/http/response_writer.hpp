#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>

#include "system/http/connection_stream.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::http {

/// Sends the response, only its header when `head`, each part within the deadline. Whether the connection can
/// serve another request.
boost::asio::awaitable<bool> send_response(ConnectionStream& stream, Response response, bool keep_alive,
                                           bool head, std::chrono::milliseconds deadline);

}  // namespace watchrig::http
