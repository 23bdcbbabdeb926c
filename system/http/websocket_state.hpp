#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "system/http/websocket.hpp"

namespace watchrig::http {

struct WebSocket::State {
  explicit State(boost::beast::tcp_stream stream) : socket(std::move(stream)) {}
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket;
  boost::beast::flat_buffer received;
};

/// Answers the client's request for an upgrade; false when that fails.
boost::asio::awaitable<bool> accept_socket(
    WebSocket::State& state, boost::beast::http::request<boost::beast::http::string_body> request);
/// Says goodbye to the client.
boost::asio::awaitable<void> finish_socket(WebSocket::State& state);

}  // namespace watchrig::http
