#include "system/http/http_fetch.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "system/base/dialer.hpp"
#include "system/base/text.hpp"
#include "system/base/timer.hpp"
#include "system/http/connection_stream.hpp"
#include "system/http/failure_kind.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using base::Error;
using boost::system::error_code;

namespace {

bhttp::request<bhttp::string_body> message_of(FetchRequest& request) {
  bhttp::request<bhttp::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  const bool v6 = request.host.find(':') != std::string::npos;
  message.set(bhttp::field::host,
              fmt::format("{}{}{}:{}", v6 ? "[" : "", request.host, v6 ? "]" : "", request.port));
  for (const auto& [name, value] : request.headers) message.set(name, value);
  message.body() = std::move(request.body);
  message.keep_alive(false);
  message.prepare_payload();
  return message;
}

/// An address as it is, without a question to anybody; a name within the deadline.
asio::awaitable<std::vector<tcp::endpoint>> resolve(std::string host, std::uint16_t port,
                                                    std::chrono::milliseconds deadline, error_code& failure) {
  std::vector<tcp::endpoint> found;
  const auto address = asio::ip::make_address(host, failure);
  if (!failure) {
    found.emplace_back(address, port);
    co_return found;
  }
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const base::Watchdog deadline_watch(executor, deadline, [&resolver] { resolver.cancel(); });
  const auto named = co_await resolver.async_resolve(host, std::to_string(port),
                                                     asio::redirect_error(asio::use_awaitable, failure));
  for (const auto& entry : named) found.push_back(entry.endpoint());
  if (deadline_watch.expired()) failure = asio::error::timed_out;
  co_return found;
}

asio::awaitable<base::Result<>> connect(beast::tcp_stream& stream, const FetchRequest& request,
                                        error_code& failure) {
  if (request.dialer) {
    auto socket = co_await request.dialer->dial("http", request.deadline);
    if (!socket) co_return socket.error();
    stream.socket() = std::move(*socket);
    co_return base::Result<>{};
  }
  const auto found = co_await resolve(request.host, request.port, request.deadline, failure);
  stream.expires_after(request.deadline);
  if (!failure) co_await stream.async_connect(found, asio::redirect_error(asio::use_awaitable, failure));
  co_return base::Result<>{};
}

}  // namespace

asio::awaitable<base::Result<Response>> fetch(FetchRequest request) {
  const auto message = message_of(request);
  error_code failure;
  const auto token = [&failure] { return asio::redirect_error(asio::use_awaitable, failure); };
  const auto executor = co_await asio::this_coro::executor;
  ConnectionStream stream{tcp::socket(executor)};
  const auto connected = co_await connect(stream.next_layer(), request, failure);
  if (!connected) co_return connected.error();
  stream.next_layer().expires_after(request.deadline);
  const auto where =
      fmt::format("{}://{}:{}{}", request.tls ? "https" : "http", request.host, request.port, request.target);
  if (request.tls && !failure) {
    auto believed = co_await stream.connect_tls(request.tls, request.host);
    if (!believed) co_return std::move(believed).error().within(where);
  }
  if (!failure) co_await bhttp::async_write(stream, message, token());
  bhttp::response_parser<bhttp::string_body> parser;
  parser.body_limit(request.max_body_bytes);
  beast::flat_buffer buffer;
  if (!failure) co_await bhttp::async_read(stream, buffer, parser, token());
  if (failure) {
    const auto what =
        failure == bhttp::error::body_limit
            ? fmt::format("the answer is larger than the {} bytes that are read", request.max_body_bytes)
            : failure.message();
    co_return Error{failure_kind(failure), fmt::format("{}: {}", where, what)};
  }
  Response response;
  auto& answer = parser.get();
  response.status = static_cast<int>(answer.result_int());
  response.content_type = answer[bhttp::field::content_type];
  for (const auto& field : answer) response.headers.emplace_back(field.name_string(), field.value());
  response.body = std::move(answer.body());
  co_return response;
}

std::vector<std::string_view> header_values(const Response& answer, std::string_view name) {
  std::vector<std::string_view> found;
  for (const auto& [header, value] : answer.headers) {
    if (base::equal_ignoring_case(header, name)) found.push_back(value);
  }
  return found;
}

}  // namespace watchrig::http
