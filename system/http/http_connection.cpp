#include <limits>
#include <sstream>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/plain_address.hpp"
#include "system/http/http_server_state.hpp"
#include "system/http/pass_through.hpp"
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
/// A longer body needs a place, and is not read to the end where the request is refused.
constexpr std::size_t small_body = 64 << 10, any_size = std::numeric_limits<std::size_t>::max();
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Without its body.
Request to_request(const bhttp::request<bhttp::string_body>& message) {
  Request request;
  request.method = message.method_string();
  for (const auto& field : message) request.headers[lower(field.name_string())] = field.value();
  return request;
}

AnswerForm form_of(const bhttp::request<bhttp::string_body>& message) {
  AnswerForm form;
  form.keep_alive = message.keep_alive();
  form.is_head = message.method() == bhttp::verb::head;
  form.is_get = message.method() == bhttp::verb::get;
  form.range = message[bhttp::field::range];
  form.if_range = message[bhttp::field::if_range];
  return form;
}

/// Until the body has come, or more of it than that.
asio::awaitable<error_code> read_body(ConnectionStream& stream,
                                      bhttp::request_parser<bhttp::string_body>& parser,
                                      beast::flat_buffer& buffer, std::size_t most) {
  error_code failure;
  while (!failure && !parser.is_done() && parser.get().body().size() <= most)
    co_await bhttp::async_read_some(stream, buffer, parser,
                                    asio::redirect_error(asio::use_awaitable, failure));
  co_return failure;
}

Response no_place() {
  auto response = error_response(503, "busy", {}, "too many large requests at a time: ask again");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response too_much() {
  return error_response(413, "invalid", {},
                        fmt::format("body is over {} bytes, and who sends it is not signed in", small_body));
}

bool is_rtsp(const bhttp::request<bhttp::string_body>& message) {
  const bool may_be = message.method() == bhttp::verb::get || message.method() == bhttp::verb::post;
  return may_be && message.find("x-sessioncookie") != message.end();
}

Response no_stream() {
  return error_response(503, "unavailable", {}, "RTSP through HTTP: there is nobody who speaks RTSP now");
}

Response internal_error() {
  return error_response(500, "internal", {}, "internal error; the server's log has its cause");
}

/// Where its body ends is then a matter of opinion (RFC 9112, 6.3), so what follows is no request.
std::optional<Response> refusal_of_encoding(const bhttp::request<bhttp::string_body>& message) {
  const auto [first, last] = message.equal_range(bhttp::field::transfer_encoding);
  if (first == last || (std::next(first) == last && beast::iequals(first->value(), "chunked")))
    return std::nullopt;
  return error_response(400, "invalid", {}, "a body may be chunked, and in no other encoding");
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

/// A place among the large bodies of a server; free again with the answer.
class HttpServer::State::LargeBody {
 public:
  LargeBody(State& server, const Address& source)
      : server_(server), source_(base::source_of(source)), has_place_(server.enter_large(source_)) {}
  ~LargeBody() {
    if (has_place_) server_.leave_large(source_);
  }
  LargeBody(const LargeBody&) = delete;
  LargeBody& operator=(const LargeBody&) = delete;

  bool has_place() const { return has_place_; }

 private:
  State& server_;
  const Address source_;
  const bool has_place_;
};

bool HttpServer::State::enter_large(const Address& source) {
  const std::lock_guard lock(mutex);
  auto& own = large_bodies[source];
  const bool room = large_in_all < options.max_large_bodies && own < options.max_large_bodies_per_source;
  if (room) {
    ++own;
    ++large_in_all;
  } else if (own == 0) {
    large_bodies.erase(source);
  }
  return room;
}

void HttpServer::State::leave_large(const Address& source) {
  const std::lock_guard lock(mutex);
  --large_in_all;
  if (--large_bodies[source] == 0) large_bodies.erase(source);
}

asio::awaitable<bool> HttpServer::State::send(ConnectionStream& stream, Response response, AnswerForm form) {
  return send_response(stream, std::move(response), std::move(form),
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
    caller.encrypted = true;
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

/// The connection may be older than the rule against its host.
bool HttpServer::State::may_go_on(const Caller& caller) const {
  return (!options.admit || options.admit(caller.source)) && (!caller.wanted || caller.wanted());
}

asio::awaitable<bool> HttpServer::State::serve_requests(StreamPtr stream, Caller caller) {
  error_code failure;
  auto& socket = stream->next_layer().socket();
  socket.set_option(asio::ip::tcp::no_delay(true), failure);
  beast::flat_buffer buffer;
  Next next = Next::request;
  while (next == Next::request && !has_stopped()) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
    parser.body_limit(options.max_body_bytes);
    stream->next_layer().expires_after(options.request_deadline);
    co_await bhttp::async_read_header(*stream, buffer, parser,
                                      asio::redirect_error(asio::use_awaitable, failure));
    if (!failure && !may_go_on(caller)) co_return false;
    auto refusal = failure ? refusal_of(failure, options) : refusal_of_encoding(parser.get());
    if (refusal) {
      next = co_await refuse(stream, *std::move(refusal));
    } else if (failure) {
      next = Next::end;
    } else if (options.rtsp && is_rtsp(parser.get())) {
      std::ostringstream read;
      read << parser.get().base() << beast::buffers_to_string(buffer.data());
      std::function<bool()> wanted = [self = shared_from_this()] { return !self->has_stopped(); };
      const bool passed = co_await pass_through(stream, options.rtsp(), read.str(), std::move(wanted));
      next = Next::end_with_rest;
      if (!passed) next = co_await refuse(stream, no_stream());
    } else {
      next = co_await answer(stream, parser, buffer, caller);
    }
  }
  co_return next == Next::end_with_rest;
}

std::variant<const Route*, Response> HttpServer::State::find_route(std::string_view target, Request& request,
                                                                   bool upgrade) const {
  auto parsed = parse_target(target);
  if (!parsed) return error_response(parsed.error());
  request.path = std::move(parsed->first);
  request.query = std::move(parsed->second);
  try {
    return router.match(request, upgrade);
  } catch (const std::exception& e) {
    base::log_error("{}: the route or the gate: {}", request.method, e.what());
    return internal_error();
  }
}

asio::awaitable<HttpServer::State::Next> HttpServer::State::refuse(const StreamPtr& stream,
                                                                   Response refusal) {
  AnswerForm form;
  co_await send(*stream, std::move(refusal), std::move(form));
  co_return Next::end_with_rest;
}

asio::awaitable<HttpServer::State::Next> HttpServer::State::answer(const StreamPtr& stream, Parser& parser,
                                                                   beast::flat_buffer& buffer,
                                                                   const Caller& caller) {
  const Message& message = parser.get();
  AnswerForm form = form_of(message);
  const bool waits = message.version() >= 11 && beast::iequals(message[bhttp::field::expect], "100-continue");
  const bool is_whole = parser.is_done();
  const bool wants_socket = beast::websocket::is_upgrade(message);
  const bool is_large = parser.content_length().value_or(0) > small_body;
  Request request = to_request(message);
  if (form.is_head) request.method = "GET";
  request.peer = fmt::format("{}:{}", base::plain_address(caller.source).to_string(), caller.port);
  request.encrypted = caller.encrypted;
  auto matched = find_route(message.target(), request, wants_socket);
  if (wants_socket && std::holds_alternative<const Route*>(matched) && !has_socket_key(message))
    matched = error_response(400, "invalid", {}, "Sec-WebSocket-Key must be 16 bytes in base64");
  auto* refusal = std::get_if<Response>(&matched);
  if (refusal && (is_large || waits)) co_return co_await refuse(stream, std::move(*refusal));
  const auto may_send_much = [&] { return !options.may_send_much || options.may_send_much(request); };
  std::optional<LargeBody> place;
  if (is_large && !may_send_much()) co_return co_await refuse(stream, too_much());
  if (is_large && !place.emplace(*this, caller.source).has_place())
    co_return co_await refuse(stream, no_place());
  error_code failure;
  if (waits)
    co_await asio::async_write(*stream, asio::buffer(go_on),
                               asio::redirect_error(asio::use_awaitable, failure));
  if (!failure) failure = co_await read_body(*stream, parser, buffer, is_large ? any_size : small_body);
  if (!failure && !parser.is_done()) {  // in chunks, and nobody has said how many
    if (refusal) co_return co_await refuse(stream, std::move(*refusal));
    if (!may_send_much()) co_return co_await refuse(stream, too_much());
    if (!place.emplace(*this, caller.source).has_place()) co_return co_await refuse(stream, no_place());
    failure = co_await read_body(*stream, parser, buffer, any_size);
  }
  if (failure) {
    auto broken = refusal_of(failure, options);
    if (!broken) co_return Next::end;
    co_return co_await refuse(stream, *std::move(broken));
  }
  if (!is_whole && !refusal) {  // meanwhile somebody may have been signed out, or kept away
    if (!may_go_on(caller)) co_return Next::end;
    matched = find_route(message.target(), request, wants_socket);
    refusal = std::get_if<Response>(&matched);
  }
  Message whole = parser.release();
  request.body = std::move(whole.body());
  Response response;
  if (refusal) {
    response = std::move(*refusal);
  } else if (const Route& route = *std::get<const Route*>(matched); route.socket) {
    place.reset();
    co_await upgrade(stream, std::move(whole), route, std::move(request));
    co_return Next::end;
  } else {
    stream->next_layer().expires_never();
    response = co_await ask(route, std::move(request));
  }
  const bool more = co_await send(*stream, std::move(response), std::move(form));
  co_return more ? Next::request : Next::end;
}

asio::awaitable<Response> HttpServer::State::ask(const Route& route, Request request) {
  try {
    co_return co_await route.handler(std::move(request));
  } catch (const std::exception& e) {
    base::log_error("{} {}: {}", route.method, route.pattern, e.what());
  }
  co_return internal_error();
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
