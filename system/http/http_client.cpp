#include "system/http/http_client.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/http/connection_stream.hpp"
#include "system/http/failure_kind.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using base::Error;
using base::ErrorKind;
using boost::system::error_code;

namespace {

/// One exchange on a context of its own, so that a blocking call can have a deadline.
class Exchange {
 public:
  Exchange(std::chrono::milliseconds deadline, std::optional<std::string> trusted, std::string source)
      : stream_(asio::ip::tcp::socket(context_)), trusted_(std::move(trusted)), source_(std::move(source)) {
    stream_.next_layer().expires_after(deadline);
  }

  template <class Parser>
  error_code run(const std::string& host, std::uint16_t port,
                 const bhttp::request<bhttp::string_body>& request, Parser& parser) {
    base::spawn(context_.get_executor(), talk(host, port, request, parser), "HTTP client");
    context_.run();
    return failure_;
  }

 private:
  template <class Parser>
  asio::awaitable<void> talk(const std::string& host, std::uint16_t port,
                             const bhttp::request<bhttp::string_body>& request, Parser& parser) {
    const auto token = [this] { return asio::redirect_error(asio::use_awaitable, failure_); };
    const auto address = asio::ip::make_address(host, failure_);
    if (!failure_ && !source_.empty()) bind();
    if (!failure_) co_await stream_.next_layer().async_connect(tcp::endpoint(address, port), token());
    if (!failure_ && trusted_) failure_ = co_await stream_.connect_tls(*trusted_, host);
    if (!failure_) co_await bhttp::async_write(stream_, request, token());
    if (!failure_) co_await bhttp::async_read(stream_, buffer_, parser, token());
  }

  void bind() {
    const auto address = asio::ip::make_address(source_, failure_);
    const tcp::endpoint local(address, 0);
    auto& socket = stream_.next_layer().socket();
    if (!failure_) socket.open(local.protocol(), failure_);
    if (!failure_) socket.bind(local, failure_);
  }

  asio::io_context context_{1};
  ConnectionStream stream_;
  const std::optional<std::string> trusted_;
  const std::string source_;
  beast::flat_buffer buffer_;
  error_code failure_;
};

template <class Body>
Response to_response(const bhttp::response<Body>& message) {
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = message[bhttp::field::content_type];
  for (const auto& field : message) response.headers.emplace_back(field.name_string(), field.value());
  return response;
}

}  // namespace

HttpClient::HttpClient(std::string base_url, std::chrono::milliseconds deadline)
    : base_url_(std::move(base_url)), deadline_(deadline) {}

template <class Parser>
base::Result<> HttpClient::exchange(std::string_view method, std::string_view target, std::string_view body,
                                    Parser& parser) const {
  const auto url = boost::urls::parse_uri(base_url_);
  if (!url || (url->scheme() != "http" && url->scheme() != "https")) {
    return Error{ErrorKind::invalid, fmt::format("\"{}\" is not an http:// or https:// URL", base_url_)};
  }
  std::string host = url->host_address();
  if (host == "localhost") host = "127.0.0.1";
  bhttp::request<bhttp::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(bhttp::field::host, url->encoded_host_and_port());
  if (!token_.empty()) request.set(bhttp::field::authorization, "Bearer " + token_);
  if (!body.empty()) request.set(bhttp::field::content_type, "application/json");
  request.body() = body;
  request.keep_alive(false);
  request.prepare_payload();
  parser.body_limit(boost::none);
  const bool tls = url->scheme() == "https";
  const std::uint16_t port = url->has_port() ? url->port_number() : std::uint16_t(tls ? 443 : 80);
  const error_code failure = Exchange(deadline_, tls ? std::optional(trusted_) : std::nullopt, source_)
                                 .run(host, port, request, parser);
  if (!failure) return {};
  return Error{failure_kind(failure),
               fmt::format("{} {}{}: {}", method, base_url_, target, failure.message())};
}

base::Result<Response> HttpClient::request(std::string_view method, std::string_view target,
                                           std::string_view body) const {
  bhttp::response_parser<bhttp::string_body> parser;
  if (auto done = exchange(method, target, body, parser); !done) return done.error();
  Response response = to_response(parser.get());
  response.body = std::move(parser.get().body());
  return response;
}

base::Result<json::value> HttpClient::json(std::string_view method, std::string_view target,
                                           const json::value& body) const {
  const auto response = request(method, target, body.is_null() ? std::string() : json::serialize(body));
  if (!response) return response.error();
  error_code failure;
  json::value value = response->body.empty() ? json::value() : json::parse(response->body, failure);
  const auto where = fmt::format("{} {}{}", method, base_url_, target);
  if (failure)
    return Error{ErrorKind::corrupt, fmt::format("{}: the answer is not JSON: {}", where, failure.message())};
  if (response->status < 300) return value;
  const ErrorKind kind = response->status == 404   ? ErrorKind::not_found
                         : response->status == 409 ? ErrorKind::conflict
                         : response->status < 500  ? ErrorKind::invalid
                                                   : ErrorKind::unavailable;
  return Error{kind, fmt::format("{}: {} {}", where, response->status, response->body)};
}

base::Result<> HttpClient::download(std::string_view target, const std::filesystem::path& file) const {
  bhttp::response_parser<bhttp::file_body> parser;
  error_code failure;
  parser.get().body().open(file.c_str(), beast::file_mode::write, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", file.string(), failure.message())};
  if (auto done = exchange("GET", target, {}, parser); !done) return done;
  const int status = static_cast<int>(parser.get().result_int());
  if (status < 300) return {};
  return Error{status == 404 ? ErrorKind::not_found : ErrorKind::unavailable,
               fmt::format("GET {}{}: status {}", base_url_, target, status)};
}

}  // namespace watchrig::http
