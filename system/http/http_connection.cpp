#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/plain_address.hpp"
#include "system/http/http_server_state.hpp"
#include "system/http/response_writer.hpp"
#include "system/http/websocket_state.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds handshake_deadline{10};
constexpr std::chrono::seconds farewell{1};
/// What is taken of a refused request, so that its sender comes to read the answer.
constexpr std::size_t most_discarded = 8 << 20;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Takes the body out of the message.
Request to_request(bhttp::request<bhttp::string_body>& message, std::string peer) {
  Request request;
  request.method = message.method_string();
  for (const auto& field : message) request.headers[lower(field.name_string())] = field.value();
  request.body = std::move(message.body());
  request.peer = std::move(peer);
  return request;
}

Response internal_error() {
  return error_response(500, "internal", {}, "internal error; the server's log has its cause");
}

/// Where its body ends is then a matter of opinion (RFC 9112, 6.3), so what follows is no request.
bool has_other_encoding(const bhttp::request<bhttp::string_body>& message) {
  const auto [first, last] = message.equal_range(bhttp::field::transfer_encoding);
  return first != last && (std::next(first) != last || !beast::iequals(first->value(), "chunked"));
}

/// What a request that could not be read is told; nothing when it was none.
std::optional<Response> refusal_of(error_code failure, const HttpServer::Options& options) {
  if (failure == bhttp::error::body_limit) {
    return error_response(413, "invalid", {}, fmt::format("body is over {} bytes", options.max_body_bytes));
  }
  if (failure == bhttp::error::header_limit) {
    return error_response(431, "invalid", {},
                          fmt::format("header is over {} bytes", options.max_header_bytes));
  }
  if (failure.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
      failure != bhttp::error::end_of_stream && failure != bhttp::error::partial_message) {
    return error_response(400, "invalid", {}, "not HTTP/1.1: " + failure.message());
  }
  return std::nullopt;
}

}  // namespace

asio::awaitable<bool> HttpServer::State::send(ConnectionStream& stream, Response response, bool keep_alive,
                                              bool head) {
  return send_response(stream, std::move(response), keep_alive, head,
                       {options.request_deadline, options.least_bytes_per_second});
}

/// A connection's place among those that are open; free again also after an exception.
struct HttpServer::State::Place {
  ~Place() { server->leave(stream); }
  const std::shared_ptr<State> server;
  const StreamPtr stream;
};

asio::awaitable<void> HttpServer::State::serve(StreamPtr stream, Caller caller) {
  const auto self = shared_from_this();
  const Place place{self, stream};
  error_code failure;
  if (const auto present = present_identity()) {
    failure = co_await stream->accept_tls(present, std::min(handshake_deadline, options.request_deadline));
  }
  if (failure) {
    base::log_debug("HTTPS port {}: handshake: {}", port, failure.message());
    stream->next_layer().close();
  } else {
    const bool unread = co_await serve_requests(stream, caller);
    co_await stream->finish(farewell, unread ? most_discarded : 0);
  }
}

asio::awaitable<bool> HttpServer::State::serve_requests(StreamPtr stream, Caller caller) {
  error_code failure;
  auto& socket = stream->next_layer().socket();
  const std::string peer = fmt::format("{}:{}", base::plain_address(caller.source).to_string(), caller.port);
  socket.set_option(asio::ip::tcp::no_delay(true), failure);
  beast::flat_buffer buffer;
  for (bool keep = true; keep && !has_stopped();) {
    bhttp::request_parser<bhttp::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
    parser.body_limit(options.max_body_bytes);
    stream->next_layer().expires_after(options.request_deadline);
    co_await bhttp::async_read(*stream, buffer, parser, asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      auto refusal = refusal_of(failure, options);
      if (!refusal) co_return false;
      co_await send(*stream, std::move(*refusal), false, false);
      co_return true;
    }
    // The connection may be older than the rule against its host.
    if (options.admit && !options.admit(caller.source)) co_return false;
    if (caller.wanted && !caller.wanted()) co_return false;
    if (has_other_encoding(parser.get())) {
      co_await send(*stream,
                    error_response(400, "invalid", {}, "a body may be chunked, and in no other encoding"),
                    false, false);
      co_return true;
    }
    keep = co_await answer(stream, parser.release(), peer);
  }
  co_return false;
}

std::variant<const Route*, Response> HttpServer::State::find_route(Request& request, bool upgrade) const {
  try {
    return router.match(request, upgrade);
  } catch (const std::exception& e) {
    base::log_error("{}: the route or the gate: {}", request.method, e.what());
    return internal_error();
  }
}

asio::awaitable<bool> HttpServer::State::answer(StreamPtr stream, Message message, std::string peer) {
  const bool keep = message.keep_alive();
  const bool head = message.method() == bhttp::verb::head;
  const bool wants_socket = beast::websocket::is_upgrade(message);
  Request request = to_request(message, std::move(peer));
  if (head) request.method = "GET";
  auto target = parse_target(message.target());
  if (!target) co_return co_await send(*stream, error_response(target.error()), keep, head);
  request.path = std::move(target->first);
  request.query = std::move(target->second);
  auto matched = find_route(request, wants_socket);
  if (auto* refusal = std::get_if<Response>(&matched)) {
    co_return co_await send(*stream, std::move(*refusal), keep, head);
  }
  const Route& route = *std::get<const Route*>(matched);
  if (route.socket) {
    co_await upgrade(stream, std::move(message), route, std::move(request));
    co_return false;
  }
  Response response;
  stream->next_layer().expires_never();
  try {
    response = co_await route.handler(std::move(request));
  } catch (const std::exception& e) {
    base::log_error("{} {}: {}", route.method, route.pattern, e.what());
    response = internal_error();
  }
  co_return co_await send(*stream, std::move(response), keep, head);
}

asio::awaitable<void> HttpServer::State::upgrade(StreamPtr stream, Message message, const Route& route,
                                                 Request request) {
  stream->next_layer().expires_never();
  auto state = std::make_shared<WebSocket::State>(stream);
  {
    const std::lock_guard lock(mutex);
    std::erase_if(sockets, [](const auto& socket) { return socket.expired(); });
    sockets.push_back(state);
  }
  const bool accepted = co_await accept_socket(*state, std::move(message));
  if (!accepted) co_return;
  try {
    co_await route.socket(std::move(request), WebSocket(state));
  } catch (const std::exception& e) {
    base::log_error("WebSocket {}: {}", route.pattern, e.what());
  }
  co_await finish_socket(*state);
}

}  // namespace watchrig::http
