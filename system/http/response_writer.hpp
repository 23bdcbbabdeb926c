#pragma once

#include <chrono>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "system/http/connection_stream.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::http {

/// How slowly a client may take an answer, in real time.
struct Pace {
  std::chrono::milliseconds deadline;  ///< for each part
  std::size_t least_bytes_per_second;  ///< of the whole, beyond the deadline
};

/// What the request says of its answer.
struct AnswerForm {
  bool keep_alive = false;
  bool is_head = false;  ///< the header only
  bool is_get = false;
  std::string range = {};     ///< RFC 9110, 14.2
  std::string if_range = {};  ///< RFC 9110, 13.1.5
};

/// Sends the response to a client that keeps the pace. Whether the connection can serve another request.
boost::asio::awaitable<bool> send_response(ConnectionStream& stream, Response response, AnswerForm form,
                                           Pace pace);

}  // namespace watchrig::http
