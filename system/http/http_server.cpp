#include "system/http/http_server.hpp"

#include <mutex>
#include <set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/text.hpp"
#include "system/http/response_writer.hpp"
#include "system/http/websocket_state.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

Request to_request(const bhttp::request<bhttp::string_body>& message, std::string peer) {
  Request request;
  request.method = message.method_string();
  for (const auto& field : message) request.headers[lower(field.name_string())] = field.value();
  request.body = message.body();
  request.peer = std::move(peer);
  return request;
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  State(const Options& o, const Router& r, Executors e)
      : options(o), router(r), executors(std::move(e)), acceptor(executors()) {}

  asio::awaitable<void> accept();
  asio::awaitable<void> serve(std::shared_ptr<beast::tcp_stream> stream);
  asio::awaitable<bool> answer(beast::tcp_stream& stream, bhttp::request<bhttp::string_body> message,
                               std::string peer);
  asio::awaitable<bool> send(beast::tcp_stream& stream, Response response, bool keep_alive, bool head) {
    return send_response(stream, std::move(response), keep_alive, head, options.request_deadline);
  }
  asio::awaitable<void> upgrade(beast::tcp_stream& stream, bhttp::request<bhttp::string_body> message,
                                const Route& route, Request request);
  bool enter(const std::shared_ptr<beast::tcp_stream>& stream);
  void leave(const std::shared_ptr<beast::tcp_stream>& stream);

  const Options options;
  const Router& router;
  const Executors executors;
  tcp::acceptor acceptor;
  std::uint16_t port = 0;
  mutable std::mutex mutex;
  bool stopped = false;
  std::set<std::shared_ptr<beast::tcp_stream>>
      streams;  ///< an upgraded one counts on, but its socket has moved
  std::vector<std::weak_ptr<WebSocket::State>> sockets;
};

bool HttpServer::State::enter(const std::shared_ptr<beast::tcp_stream>& stream) {
  const std::lock_guard lock(mutex);
  if (stopped || streams.size() >= options.max_connections) return false;
  return streams.insert(stream).second;
}

void HttpServer::State::leave(const std::shared_ptr<beast::tcp_stream>& stream) {
  const std::lock_guard lock(mutex);
  streams.erase(stream);
}

asio::awaitable<void> HttpServer::State::accept() {
  const auto self = shared_from_this();
  for (;;) {
    error_code failure;
    tcp::socket socket(executors());
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, failure));
    if (failure == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (failure) {
      base::log_warning("HTTP port {}: accept: {}", port, failure.message());
      continue;
    }
    auto stream = std::make_shared<beast::tcp_stream>(std::move(socket));
    if (enter(stream)) {
      base::spawn(stream->get_executor(), serve(stream), "HTTP connection");
    } else {
      base::log_warning("HTTP port {}: connection refused, all {} are in use", port, options.max_connections);
    }
  }
}

asio::awaitable<void> HttpServer::State::serve(std::shared_ptr<beast::tcp_stream> stream) {
  const auto self = shared_from_this();
  error_code failure;
  const auto endpoint = stream->socket().remote_endpoint(failure);
  const std::string peer = fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
  stream->socket().set_option(tcp::no_delay(true), failure);
  beast::flat_buffer buffer;
  for (bool keep = true; keep;) {
    bhttp::request_parser<bhttp::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
    parser.body_limit(options.max_body_bytes);
    stream->expires_after(options.request_deadline);
    co_await bhttp::async_read(*stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      Response refusal;
      if (failure == bhttp::error::body_limit) {
        refusal =
            error_response(413, "invalid", {}, fmt::format("body is over {} bytes", options.max_body_bytes));
      } else if (failure == bhttp::error::header_limit) {
        refusal = error_response(431, "invalid", {},
                                 fmt::format("header is over {} bytes", options.max_header_bytes));
      } else if (failure.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
                 failure != bhttp::error::end_of_stream && failure != bhttp::error::partial_message) {
        refusal = error_response(400, "invalid", {}, "not HTTP/1.1: " + failure.message());
      } else {
        break;
      }
      co_await send(*stream, std::move(refusal), false, false);
      break;
    }
    keep = co_await answer(*stream, parser.release(), peer);
  }
  stream->close();
  leave(stream);
}

asio::awaitable<bool> HttpServer::State::answer(beast::tcp_stream& stream,
                                                bhttp::request<bhttp::string_body> message,
                                                std::string peer) {
  const bool keep = message.keep_alive();
  const bool head = message.method() == bhttp::verb::head;
  const bool wants_socket = beast::websocket::is_upgrade(message);
  Request request = to_request(message, std::move(peer));
  if (head) request.method = "GET";
  auto target = parse_target(message.target());
  if (!target) co_return co_await send(stream, error_response(target.error()), keep, head);
  request.path = std::move(target->first);
  request.query = std::move(target->second);
  auto matched = router.match(request, wants_socket);
  if (auto* refusal = std::get_if<Response>(&matched)) {
    co_return co_await send(stream, std::move(*refusal), keep, head);
  }
  const Route& route = *std::get<const Route*>(matched);
  if (route.socket) {
    co_await upgrade(stream, std::move(message), route, std::move(request));
    co_return false;
  }
  Response response;
  stream.expires_never();
  try {
    response = co_await route.handler(std::move(request));
  } catch (const std::exception& e) {
    base::log_error("{} {}: {}", route.method, route.pattern, e.what());
    response = error_response(500, "internal", {}, "internal error; the server's log has its cause");
  }
  co_return co_await send(stream, std::move(response), keep, head);
}

asio::awaitable<void> HttpServer::State::upgrade(beast::tcp_stream& stream,
                                                 bhttp::request<bhttp::string_body> message,
                                                 const Route& route, Request request) {
  stream.expires_never();
  auto state = std::make_shared<WebSocket::State>(std::move(stream));
  {
    const std::lock_guard lock(mutex);
    std::erase_if(sockets, [](const auto& socket) { return socket.expired(); });
    sockets.push_back(state);
  }
  const bool accepted = co_await accept_socket(*state, std::move(message));
  if (!accepted) co_return;
  co_await route.socket(std::move(request), WebSocket(state));
  co_await finish_socket(*state);
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(); }

base::Result<std::unique_ptr<HttpServer>> HttpServer::start(const Options& options, const Router& router,
                                                            Executors executors) {
  auto state = std::make_shared<State>(options, router, std::move(executors));
  error_code failure;
  const auto address = asio::ip::make_address(options.address, failure);
  const tcp::endpoint endpoint(address, options.port);
  if (!failure) state->acceptor.open(endpoint.protocol(), failure);
  if (!failure) state->acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
  if (!failure) state->acceptor.bind(endpoint, failure);
  if (!failure) state->acceptor.listen(asio::socket_base::max_listen_connections, failure);
  if (failure) {
    return base::Error{
        base::ErrorKind::unavailable,
        fmt::format("HTTP cannot listen on {}:{}: {} (choose another port, or 0 for any free one)",
                    options.address, options.port, failure.message())};
  }
  state->port = state->acceptor.local_endpoint().port();
  base::spawn(state->acceptor.get_executor(), state->accept(), "HTTP listener");
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const { return state_->port; }

std::size_t HttpServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->streams.size();
}

void HttpServer::stop() {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopped) return;
  state_->stopped = true;
  asio::post(state_->acceptor.get_executor(), [state = state_] {
    error_code ignored;
    state->acceptor.close(ignored);
  });
  for (const auto& stream : state_->streams) {
    asio::post(stream->get_executor(), [stream] { stream->cancel(); });
  }
  for (const auto& weak : state_->sockets) {
    if (const auto socket = weak.lock()) {
      asio::post(socket->socket.get_executor(), [socket] { WebSocket(socket).close(); });
    }
  }
}

}  // namespace watchrig::http
