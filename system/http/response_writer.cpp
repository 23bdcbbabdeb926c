#include "system/http/response_writer.hpp"

#include <algorithm>
#include <sstream>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/base/timer.hpp"
#include "system/http/body_reader.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
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

/// The tag of a response that is the same, byte by byte, as long as the tag is; empty: it has none.
std::string strong_tag(const Response& response) {
  const auto header = std::ranges::find_if(
      response.headers, [](const auto& entry) { return base::equal_ignoring_case(entry.first, "ETag"); });
  const bool is_strong = header != response.headers.end() && header->second.starts_with('"');
  return is_strong ? header->second : std::string();
}

/// An error in place of the response, with the headers that do not tell of its content.
Response no_such_range(Response response, std::uint64_t size) {
  auto refusal = error_response(
      416, "invalid", "Range",
      size == 0
          ? std::string("it has 0 bytes: ask without a range")
          : fmt::format("it has {} bytes: ask for some of bytes=0-{}, or without a range", size, size - 1));
  refusal.headers = std::move(response.headers);
  std::erase_if(refusal.headers, [](const auto& entry) {
    return base::equal_ignoring_case(std::string_view(entry.first).substr(0, 8), "Content-");
  });
  refusal.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  return refusal;
}

/// Makes a part of the response where the request asks for one and may have it, or an error where it has no
/// such part. What is to be sent of its file.
ByteRange choose_part(Response& response, const AnswerForm& form) {
  const std::uint64_t size = response.file->bytes();
  const ByteRange whole{0, size};
  const auto tag = strong_tag(response);
  if (response.status != 200 || tag.empty() || !(form.is_get || form.is_head)) return whole;
  response.headers.emplace_back("Accept-Ranges", "bytes");
  if (!form.is_get || (!form.if_range.empty() && form.if_range != tag)) return whole;
  const auto part = parse_byte_range(form.range, size);
  if (!part) return whole;
  if (part->bytes == 0) {
    response = no_such_range(std::move(response), size);
    return {};
  }
  response.status = 206;
  response.headers.emplace_back(
      "Content-Range", fmt::format("bytes {}-{}/{}", part->first, part->first + part->bytes - 1, size));
  return *part;
}

/// Its header and a part of its file.
asio::awaitable<bool> send_file(ConnectionStream& stream, Response response, ByteRange part, AnswerForm form,
                                Pace pace) {
  BodyReader reader(*response.file, part);
  if (!reader.open()) co_return false;
  bhttp::response<bhttp::empty_body> message;
  fill_header(message, response, form.keep_alive);
  message.content_length(part.bytes);
  std::ostringstream header;
  header << message.base();
  std::string beginning = header.str();
  if (!form.is_head) beginning += reader.read();
  const base::Watchdog overall(stream.get_executor(), time_for(part.bytes, pace),
                               [&] { stream.next_layer().cancel(); });
  error_code failure;
  std::string_view block = beginning;
  while (!block.empty() && !failure && !overall.expired()) {
    stream.next_layer().expires_after(pace.deadline);
    if (response.wanted && !response.wanted()) co_return false;
    block.remove_prefix(co_await stream.async_write_some(asio::buffer(block),
                                                         asio::redirect_error(asio::use_awaitable, failure)));
    if (block.empty() && !form.is_head) block = reader.read();
  }
  const bool is_whole = block.empty() && (form.is_head || reader.bytes_left() == 0);
  co_return !failure && is_whole && form.keep_alive;
}

}  // namespace

asio::awaitable<bool> send_response(ConnectionStream& stream, Response response, AnswerForm form, Pace pace) {
  const ByteRange part = response.file ? choose_part(response, form) : ByteRange{};
  if (response.file) co_return co_await send_file(stream, std::move(response), part, std::move(form), pace);
  error_code failure;
  bhttp::response<bhttp::string_body> message;
  fill_header(message, response, form.keep_alive);
  const auto size = response.body.size();
  if (!form.is_head) message.body() = std::move(response.body);
  if (response.status != 304) message.prepare_payload();  // which has the length of what it stands for
  if (form.is_head) message.content_length(size);
  stream.next_layer().expires_after(time_for(form.is_head ? 0 : size, pace));
  co_await bhttp::async_write(stream, message, asio::redirect_error(asio::use_awaitable, failure));
  co_return !failure && form.keep_alive;
}

}  // namespace watchrig::http
