#include "system/http/websocket.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>

#include "system/http/websocket_state.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
using boost::system::error_code;

asio::awaitable<bool> WebSocket::send_text(std::string_view text) {
  const auto state = state_;
  error_code failure;
  state->socket.text(true);
  co_await state->socket.async_write(asio::buffer(text), asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure;
}

asio::awaitable<bool> WebSocket::send_binary(base::ByteView bytes) {
  const auto state = state_;
  error_code failure;
  state->socket.binary(true);
  co_await state->socket.async_write(asio::buffer(bytes.data(), bytes.size()),
                                     asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure;
}

asio::awaitable<std::optional<std::string>> WebSocket::receive() {
  const auto state = state_;
  error_code failure;
  state->received.clear();
  co_await state->socket.async_read(state->received, asio::redirect_error(asio::use_awaitable, failure));
  if (failure) co_return std::nullopt;
  co_return boost::beast::buffers_to_string(state->received.data());
}

bool WebSocket::is_open() const { return boost::beast::get_lowest_layer(state_->socket).socket().is_open(); }

void WebSocket::close() { boost::beast::get_lowest_layer(state_->socket).close(); }

asio::any_io_executor WebSocket::executor() const { return state_->socket.get_executor(); }

}  // namespace watchrig::http
