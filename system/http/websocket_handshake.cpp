#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "system/base/base64.hpp"
#include "system/http/websocket_state.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

bool has_socket_key(const boost::beast::http::fields& headers) {
  constexpr std::size_t key_bytes = 16;
  const auto written = headers[boost::beast::http::field::sec_websocket_key];
  const auto key = base::from_base64({written.data(), written.size()});
  return key && key->size() == key_bytes;
}

asio::awaitable<bool> accept_socket(WebSocket::State& state,
                                    boost::beast::http::request<boost::beast::http::string_body> request) {
  auto timeouts = websocket::stream_base::timeout::suggested(boost::beast::role_type::server);
  timeouts.idle_timeout = std::chrono::seconds(30);
  timeouts.keep_alive_pings = true;
  state.socket.set_option(timeouts);
  state.socket.read_message_max(64 * 1024);
  error_code failure;
  co_await state.socket.async_accept(request, asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure;
}

asio::awaitable<void> finish_socket(WebSocket::State& state) {
  error_code ignored;
  co_await state.socket.async_close(websocket::close_code::normal,
                                    asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace watchrig::http
