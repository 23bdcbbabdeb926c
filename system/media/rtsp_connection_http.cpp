// The two halves of RTSP through HTTP: a GET becomes an RTSP connection whose requests come from elsewhere, a
// POST brings them there.
#include <algorithm>
#include <array>

#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/media/rtsp_connection.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

std::string refusal_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::not_found:
      return tunnel_answer(404, "Not Found");
    case ErrorKind::conflict:
      return tunnel_answer(409, "Conflict");
    case ErrorKind::full:
      return tunnel_answer(503, "Service Unavailable");
    default:
      return tunnel_answer(400, "Bad Request");
  }
}

}  // namespace

bool RtspConnection::speaks_http() const {
  const auto bytes = base::ByteView(buffer_).subspan(begin_, end_ - begin_);
  return !spoken_ && begins_with_http({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// False when the connection is at its end.
asio::awaitable<bool> RtspConnection::take_http() {
  const auto bytes = base::ByteView(buffer_).subspan(begin_, end_ - begin_);
  const auto head = parse_tunnel_head({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!head) {
    co_await refuse(head.error(), refusal_of(head.error()));
    co_return false;
  }
  if (!*head) {
    const auto read = co_await read_more();
    co_return read.has_value();
  }
  spoken_ = true;
  partial_.reset();
  begin_ += (*head)->size;
  if ((*head)->post) {
    co_await carry_requests((*head)->cookie);
    co_return false;
  }
  const bool opened = co_await open_tunnel((*head)->cookie);
  co_return opened;
}

asio::awaitable<bool> RtspConnection::open_tunnel(const std::string& cookie) {
  auto tunnel = context_->tunnels.open(socket_->peer_address(), cookie, socket_->executor());
  if (!tunnel) {
    co_await refuse(tunnel.error(), refusal_of(tunnel.error()));
    co_return false;
  }
  tunnel_ = std::move(*tunnel);
  socket_->keep_to_itself();
  begin_ = end_;
  const auto written = co_await socket_->write(tunnel_answer(200, "OK"));
  if (!written) co_return false;
  base::spawn(socket_->executor(), watch_get(shared_from_this()), "RTSP through HTTP");
  waiting_.emplace(socket_->executor(), context_->options.request_timeout, [this] {
    base::log_info("RTSP client {}: its GET has no POST, closed", socket_->peer());
    socket_->close();
  });
  co_return true;
}

/// A client has no more to say by its GET; what it says all the same is passed over. Its end is that of the
/// tunnel.
asio::awaitable<void> RtspConnection::watch_get(std::shared_ptr<RtspConnection> self) {
  std::array<std::uint8_t, 256> ignored;
  for (;;) {
    const auto size = co_await self->socket_->read(ignored);
    if (!size) break;
  }
  if (self->tunnel_) self->tunnel_->close();
}

asio::awaitable<Result<>> RtspConnection::read_tunnel() {
  const auto piece = co_await tunnel_->pop();
  if (!piece) co_return Error{ErrorKind::unavailable, "the tunnel is closed"};
  waiting_.reset();
  const auto& bytes = piece->bytes;
  if (buffer_.size() < end_ + bytes.size()) buffer_.resize(end_ + bytes.size());
  std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(end_));
  end_ += bytes.size();
  co_return Result<>{};
}

/// Until the client closes its POST, opens another one, or its GET ends. By the tradition of it a POST is not
/// answered.
asio::awaitable<void> RtspConnection::carry_requests(const std::string& cookie) {
  const auto tunnel = context_->tunnels.find(socket_->peer_address(), cookie);
  if (!tunnel) {
    const Error unknown{ErrorKind::not_found,
                        "a POST to which there is no GET of its x-sessioncookie and address"};
    co_await refuse(unknown, refusal_of(unknown));
    co_return;
  }
  // How long it may be silent is the GET's matter.
  alive_.reset();
  const auto ticket = tunnel->attach([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->close(false);
  });
  Base64Stream decoder;
  for (;;) {
    base::Bytes requests;
    const auto decoded = decoder.decode(base::ByteView(buffer_).subspan(begin_, end_ - begin_), requests);
    begin_ = end_ = 0;
    if (!decoded) {
      tunnel->finish(ticket);
      co_await refuse(decoded.error(), refusal_of(decoded.error()));
      co_return;
    }
    if (!requests.empty() && !tunnel->push(std::move(requests))) {
      base::log_info("RTSP client {}: its tunnel takes no more requests, closed", socket_->peer());
      tunnel->finish(ticket);
      co_return;
    }
    const auto size = co_await socket_->read(buffer_);
    if (!size) co_return;
    end_ = *size;
  }
}

}  // namespace watchrig::media
