#pragma once

#include <chrono>

#include <boost/asio/awaitable.hpp>

#include "system/http/connection_stream.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::http {

/// How slowly a client may take an answer, in real time.
struct Pace {
  std::chrono::milliseconds deadline;  ///< for each part
  std::size_t least_bytes_per_second;  ///< of the whole, beyond the deadline
};

/// Sends the response, only its header when `head`, to a client that keeps the pace. Whether the connection
/// can serve another request.
boost::asio::awaitable<bool> send_response(ConnectionStream& stream, Response response, bool keep_alive,
                                           bool head, Pace pace);

}  // namespace watchrig::http
