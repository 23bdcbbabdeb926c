#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "system/http/websocket.hpp"

namespace watchrig::http {

struct WebSocket::State {
  explicit State(boost::beast::tcp_stream stream) : socket(std::move(stream)) {}
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket;
  boost::beast::flat_buffer received;
};

}  // namespace watchrig::http
