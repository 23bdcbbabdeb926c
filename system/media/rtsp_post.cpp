#include "system/media/rtsp_post.hpp"

#include <array>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/rand.h>

#include "system/base/base64.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/text.hpp"
#include "system/media/rtsp_tunnel.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_answer = 16 * 1024;
constexpr std::size_t longest_line = 1024;
constexpr int request_timeout = 408;

std::string host_of(const RtspUrl& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", url.host, v6 ? "]" : "", url.port);
}

/// Of a status line, 0 when there is none.
int status_of(std::string_view line) {
  return base::parse_number<int>(line.substr(std::min<std::size_t>(9, line.size()), 3)).value_or(0);
}

Error refused(std::string_view method, int status, std::string_view line) {
  const auto kind = status == 401 || status == 403 ? ErrorKind::denied
                    : status >= 500                ? ErrorKind::unavailable
                                                   : ErrorKind::unsupported;
  return {kind,
          fmt::format("{}: {:.80} (does the device speak RTSP through HTTP at this port?)", method, line)};
}

}  // namespace

RtspPost::Heads::Heads(const RtspUrl& url, std::string_view user_agent) {
  std::array<std::uint8_t, 11> random{};
  RAND_bytes(random.data(), static_cast<int>(random.size()));
  const auto cookie = base::to_hex(random.data(), random.size());
  get = tunnel_request(false, url.path_and_query, host_of(url), cookie, user_agent);
  post = tunnel_request(true, url.path_and_query, host_of(url), cookie, user_agent);
}

Result<std::optional<std::size_t>> RtspPost::take_answer(base::ByteView bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto start = text.substr(0, 5);
  if (start != std::string_view("HTTP/").substr(0, start.size()))
    return Error{ErrorKind::unsupported, "GET: the device does not answer by HTTP"};
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (text.size() > longest_answer)
      return Error{ErrorKind::invalid, "GET: an answer whose head has no end"};
    return std::optional<std::size_t>{};
  }
  const auto line = text.substr(0, text.find('\r'));
  const auto status = status_of(line);
  if (status != 200) return refused("GET", status, line);
  return std::optional(end + 4);
}

Result<> RtspPost::check_answer(std::string_view line) {
  const auto status = line.starts_with("HTTP/") ? status_of(line) : 0;
  // Somebody between is tired of waiting for the rest of the body: the next message opens another POST.
  if (status < 300 || status == request_timeout) return {};
  return refused("POST", status, line);
}

RtspPost::RtspPost(const asio::any_io_executor& executor, std::string head, Open open, Refused refused)
    : head_(std::move(head)),
      open_(std::move(open)),
      refused_(std::move(refused)),
      turn_(executor, asio::steady_timer::time_point::max()) {}

asio::awaitable<Result<>> RtspPost::write(std::string message) {
  const auto self = shared_from_this();
  while (writing_ && !closed_) {
    boost::system::error_code ignored;
    co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  writing_ = true;
  const auto text = base::to_base64(message);
  const bool opened_before = socket_ && socket_->is_open();
  auto written = co_await write_once(text);
  // The server may have closed it a moment ago.
  if (!written && opened_before && !closed_) written = co_await write_once(text);
  writing_ = false;
  turn_.cancel();
  co_return written;
}

asio::awaitable<Result<>> RtspPost::write_once(const std::string& text) {
  const auto self = shared_from_this();
  std::string bytes;
  if (closed_) co_return Error{ErrorKind::cancelled, "stopped"};
  if (!socket_ || !socket_->is_open()) {
    auto socket = co_await open_();
    if (!socket) co_return std::move(socket).error().within("POST");
    if (closed_) (*socket)->close();
    socket_ = std::move(*socket);
    bytes = head_;
    base::spawn(socket_->executor(), watch(self, socket_), "RTSP through HTTP");
  }
  bytes += text;
  const auto socket = socket_;
  auto written = co_await socket->write(std::move(bytes));
  if (!written) socket->close();
  co_return written;
}

/// A POST that the server ends is closed here too, so that the next message opens another one.
asio::awaitable<void> RtspPost::watch(std::shared_ptr<RtspPost> self, std::shared_ptr<RtspSocket> socket) {
  std::array<std::uint8_t, longest_line> bytes;
  std::string answer;
  bool told = false;
  for (;;) {
    const auto size = co_await socket->read(bytes);
    if (size && told) continue;
    if (size) answer.append(reinterpret_cast<const char*>(bytes.data()), *size);
    const auto end = answer.find_first_of("\r\n");
    if (size && end == std::string::npos && answer.size() < longest_line) continue;
    if (!told && !answer.empty()) {
      told = true;
      const auto line = answer.substr(0, end);
      base::log_debug("{} answers the POST: {:.80}", socket->peer(), line);
      auto taken = check_answer(line);
      if (!taken && !self->closed_ && self->refused_) self->refused_(std::move(taken).error());
    }
    if (!size) break;
  }
  socket->close();
}

void RtspPost::close() {
  closed_ = true;
  if (socket_) socket_->close();
  turn_.cancel();
}

}  // namespace watchrig::media
