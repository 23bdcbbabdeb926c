#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "system/http/connection_stream.hpp"
#include "system/http/websocket.hpp"

namespace watchrig::http {

/// Found by Beast beside its own ones.
template <class Handler>
void async_teardown(boost::beast::role_type role, ConnectionStream& stream, Handler&& handler) {
  auto done = [handler = std::forward<Handler>(handler)](boost::system::error_code error,
                                                         std::size_t) mutable { handler(error); };
  stream.start_teardown(role, ConnectionStream::completion(std::move(done)));
}

struct WebSocket::State {
  explicit State(std::shared_ptr<ConnectionStream> s) : stream(std::move(s)), socket(*stream) {}
  const std::shared_ptr<ConnectionStream> stream;
  boost::beast::websocket::stream<ConnectionStream&> socket;
  boost::beast::flat_buffer received;
};

/// Whether the client's key is one (RFC 6455, 4.2.1), which Beast does not ask.
bool has_socket_key(const boost::beast::http::fields& headers);
/// Answers the client's request for an upgrade; false when that fails.
boost::asio::awaitable<bool> accept_socket(
    WebSocket::State& state, boost::beast::http::request<boost::beast::http::string_body> request);
/// Says goodbye to the client.
boost::asio::awaitable<void> finish_socket(WebSocket::State& state);

}  // namespace watchrig::http
