#include "system/media/rtsp_tunnel.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/plain_address.hpp"
#include "system/base/text.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_head = 8 * 1024;
constexpr std::size_t longest_cookie = 128;
constexpr std::size_t most_pieces = 256;

bool is_cookie(std::string_view text) {
  return !text.empty() && text.size() <= longest_cookie &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127; });
}

int digit_of(std::uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

bool begins_with_http(std::string_view text) { return text.starts_with("GET ") || text.starts_with("POST "); }

Result<std::optional<TunnelHead>> parse_tunnel_head(std::string_view text) {
  const auto end = text.substr(0, longest_head).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (text.size() >= longest_head) return Error{ErrorKind::invalid, "an HTTP head of more than 8 KiB"};
    return std::optional<TunnelHead>{};
  }
  TunnelHead head;
  head.post = text.starts_with("POST ");
  head.size = end + 4;
  for (const auto line : base::split(text.substr(0, end), '\n')) {
    const auto [name, rest] = base::split_once(line, ':');
    const auto value = base::trim(rest);
    if (base::equal_ignoring_case(base::trim(name), "x-sessioncookie")) head.cookie = value;
    if (base::equal_ignoring_case(base::trim(name), "Transfer-Encoding") &&
        !base::equal_ignoring_case(value, "identity"))
      return Error{ErrorKind::invalid, "RTSP through HTTP in chunks"};
  }
  if (!is_cookie(head.cookie)) {
    return Error{ErrorKind::invalid, head.cookie.empty()
                                         ? "HTTP without the x-sessioncookie of RTSP through HTTP"
                                         : "an x-sessioncookie that is not of 1 to 128 visible characters"};
  }
  return std::optional(std::move(head));
}

std::string tunnel_answer(int status, std::string_view phrase) {
  return fmt::format(
      "HTTP/1.0 {} {}\r\nConnection: close\r\nCache-Control: no-store\r\nPragma: no-cache\r\n{}\r\n", status,
      phrase, status == 200 ? fmt::format("Content-Type: {}\r\n", tunnel_content) : std::string());
}

std::string tunnel_request(bool post, std::string_view target, std::string_view host, std::string_view cookie,
                           std::string_view user_agent) {
  // The length is of no meaning, but servers and proxies want one; 32767 is what everybody sends.
  const auto own =
      post ? fmt::format(
                 "Content-Type: {}\r\nContent-Length: 32767\r\nExpires: Sun, 9 Jan 1972 00:00:00 GMT\r\n",
                 tunnel_content)
           : fmt::format("Accept: {}\r\n", tunnel_content);
  return fmt::format(
      "{} {} HTTP/1.0\r\nHost: {}\r\nUser-Agent: {}\r\nx-sessioncookie: {}\r\n{}Pragma: "
      "no-cache\r\nCache-Control: "
      "no-cache\r\n\r\n",
      post ? "POST" : "GET", target.empty() ? "/" : target, host, user_agent, cookie, own);
}

Result<> Base64Stream::decode(base::ByteView text, base::Bytes& into) {
  for (const auto c : text) {
    if (c == '\r' || c == '\n' || c == ' ') continue;
    if (c == '=') {
      // One or two of them end a group; what is left of its bits is nothing.
      if (digits_ < 2 && !padded_) return Error{ErrorKind::invalid, "base64 with padding where none belongs"};
      padded_ = digits_ == 2;
      digits_ = 0;
      bits_ = 0;
      continue;
    }
    padded_ = false;
    const int digit = digit_of(c);
    if (digit < 0) return Error{ErrorKind::invalid, "not base64"};
    bits_ = bits_ << 6 | static_cast<std::uint32_t>(digit);
    ++digits_;
    if (digits_ == 1) continue;
    const unsigned spare = 6 * digits_ - 8 * (digits_ - 1);
    into.push_back(static_cast<std::uint8_t>(bits_ >> spare));
    if (digits_ == 4) digits_ = 0;
  }
  return {};
}

RtspTunnel::RtspTunnel(asio::any_io_executor executor)
    : requests_(std::move(executor), {most_pieces, most_bytes}, base::Overflow::refuse) {}

RtspTunnel::Ticket RtspTunnel::attach(std::function<void()> end) {
  std::function<void()> before;
  bool closed = false;
  Ticket ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    ticket = ++posts_;
    closed = closed_;
    before = std::exchange(end_post_, end);
  }
  if (before) before();
  if (closed) end();
  return ticket;
}

void RtspTunnel::finish(Ticket ticket) {
  {
    const std::lock_guard lock(mutex_);
    if (ticket == posts_) end_post_ = nullptr;
  }
  requests_.close();
}

bool RtspTunnel::attached() const {
  const std::lock_guard lock(mutex_);
  return posts_ > 0;
}

void RtspTunnel::close() {
  requests_.close();
  std::function<void()> end;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    end = std::exchange(end_post_, nullptr);
  }
  if (end) end();
}

Result<std::shared_ptr<RtspTunnel>> RtspTunnels::open(const asio::ip::address& address,
                                                      const std::string& cookie,
                                                      asio::any_io_executor executor) {
  const auto source = base::source_of(address);
  const std::lock_guard lock(mutex_);
  std::size_t waiting = 0;
  for (auto entry = tunnels_.begin(); entry != tunnels_.end();) {
    const auto tunnel = entry->second.lock();
    if (!tunnel) {
      entry = tunnels_.erase(entry);
      continue;
    }
    if (entry->first.first == source && !tunnel->attached()) ++waiting;
    ++entry;
  }
  auto& place = tunnels_[{source, cookie}];
  if (place.lock()) return Error{ErrorKind::conflict, "there is a tunnel of this x-sessioncookie"};
  if (waiting >= most_waiting)
    return Error{ErrorKind::full, fmt::format("{} tunnels wait for their POST", most_waiting)};
  auto tunnel = std::make_shared<RtspTunnel>(std::move(executor));
  place = tunnel;
  return tunnel;
}

std::shared_ptr<RtspTunnel> RtspTunnels::find(const asio::ip::address& address,
                                              const std::string& cookie) const {
  const std::lock_guard lock(mutex_);
  const auto found = tunnels_.find({base::source_of(address), cookie});
  return found == tunnels_.end() ? nullptr : found->second.lock();
}

}  // namespace watchrig::media
