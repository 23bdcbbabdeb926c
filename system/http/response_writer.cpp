#include "system/http/response_writer.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>

#include "system/base/timer.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using boost::system::error_code;

namespace {

template <class Body>
void fill_header(bhttp::response<Body>& message, const Response& response, bool keep_alive) {
  message.result(static_cast<unsigned>(response.status));
  message.set(bhttp::field::server, "Watchrig");
  message.set(bhttp::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  if (response.status != 204 && response.status != 304)
    message.set(bhttp::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  message.keep_alive(keep_alive);
}

std::chrono::milliseconds time_for(std::uint64_t bytes, const Pace& pace) {
  return pace.deadline + std::chrono::milliseconds(bytes * 1000 / pace.least_bytes_per_second);
}

}  // namespace

asio::awaitable<bool> send_response(ConnectionStream& stream, Response response, bool keep_alive, bool head,
                                    Pace pace) {
  error_code failure;
  if (response.file) {
    bhttp::response<bhttp::file_body> message;
    fill_header(message, response, keep_alive);
    message.body().open(response.file->path.c_str(), beast::file_mode::scan, failure);
    if (failure) co_return false;
    message.prepare_payload();
    bhttp::response_serializer<bhttp::file_body> serializer(message);
    const std::uint64_t size = message.body().size();
    const base::Watchdog overall(stream.get_executor(), time_for(size, pace),
                                 [&] { stream.next_layer().cancel(); });
    while (!serializer.is_done() && !failure && !overall.expired()) {
      stream.next_layer().expires_after(pace.deadline);
      if (head && serializer.is_header_done()) break;
      if (response.wanted && !response.wanted()) co_return false;
      co_await bhttp::async_write_some(stream, serializer,
                                       asio::redirect_error(asio::use_awaitable, failure));
    }
    co_return !failure && keep_alive;
  }
  bhttp::response<bhttp::string_body> message;
  fill_header(message, response, keep_alive);
  const auto size = response.body.size();
  if (!head) message.body() = std::move(response.body);
  if (response.status != 304) message.prepare_payload();  // which has the length of what it stands for
  if (head) message.content_length(size);
  stream.next_layer().expires_after(time_for(head ? 0 : size, pace));
  co_await bhttp::async_write(stream, message, asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure && keep_alive;
}

}  // namespace watchrig::http
