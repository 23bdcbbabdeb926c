#include "system/media/rtsp_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <system_error>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "system/base/timer.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

// What a slow reader may have lying in the kernel: bounds both memory and how old its picture gets.
constexpr int send_buffer_bytes = 512 * 1024;
constexpr std::size_t most_pieces = 1024;  // IOV_MAX

void take(std::vector<iovec>& pieces, std::size_t& first, std::size_t sent) {
  while (sent > 0) {
    iovec& piece = pieces[first];
    const std::size_t part = std::min(sent, piece.iov_len);
    piece.iov_base = static_cast<std::uint8_t*>(piece.iov_base) + part;
    piece.iov_len -= part;
    sent -= part;
    if (piece.iov_len == 0) ++first;
  }
}

iovec piece_of(const void* data, std::size_t size) { return {const_cast<void*>(data), size}; }

asio::ip::tcp::socket::wait_type wait_type_of(const RtspTls::Step& step) {
  return step.wait == RtspTls::Step::Wait::readable ? asio::socket_base::wait_read
                                                    : asio::socket_base::wait_write;
}

Error closed() { return {ErrorKind::unavailable, "the connection is closed"}; }

}  // namespace

RtspSocket::RtspSocket(asio::ip::tcp::socket socket, base::Duration write_timeout,
                       const std::atomic<bool>* muted)
    : socket_(std::move(socket)),
      write_timeout_(write_timeout),
      muted_(muted),
      turn_(socket_.get_executor(), asio::steady_timer::time_point::max()) {
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::send_buffer_size(send_buffer_bytes), ignored);
  const auto remote = socket_.remote_endpoint(ignored);
  peer_address_ = remote.address();
  peer_ = fmt::format("{}:{}", remote.address().to_string(), remote.port());
  local_address_ = socket_.local_endpoint(ignored).address();
}

asio::awaitable<Result<std::size_t>> RtspSocket::read(std::span<std::uint8_t> into) {
  if (tls_) {
    auto size = co_await decrypt(into);
    co_return size;
  }
  boost::system::error_code error;
  const std::size_t size = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                                            asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::eof)
    co_return Error{ErrorKind::unavailable, "the peer has closed the connection"};
  if (error == asio::error::operation_aborted) co_return closed();
  if (error) co_return Error{ErrorKind::unavailable, "connection lost: " + error.message()};
  co_return size;
}

asio::awaitable<Result<std::size_t>> RtspSocket::decrypt(std::span<std::uint8_t> into) {
  while (socket_.is_open()) {
    auto step = tls_->read(into);
    if (!step.failure.empty()) co_return Error{ErrorKind::unavailable, std::move(step.failure)};
    if (step.wait == RtspTls::Step::Wait::nothing) co_return step.bytes;
    boost::system::error_code error;
    co_await socket_.async_wait(wait_type_of(step), asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
  }
  co_return closed();
}

asio::awaitable<Result<>> RtspSocket::write(std::vector<iovec>& pieces) {
  while (writing_) {
    ++waiting_;
    boost::system::error_code ignored;
    co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    --waiting_;
  }
  if (muted_ && muted_->load(std::memory_order_relaxed)) co_return Result<>{};
  writing_ = true;
  Result<> written;
  if (tls_) {
    written = co_await encrypt_all(pieces);
  } else {
    written = co_await write_all(pieces);
  }
  writing_ = false;
  if (waiting_ > 0) turn_.cancel();
  co_return written;
}

asio::awaitable<Result<>> RtspSocket::write(std::string text) {
  std::vector<iovec> pieces{piece_of(text.data(), text.size())};
  co_return co_await write(pieces);
}

asio::awaitable<Result<>> RtspSocket::write(base::Bytes bytes) {
  std::vector<iovec> pieces{piece_of(bytes.data(), bytes.size())};
  co_return co_await write(pieces);
}

asio::awaitable<Result<>> RtspSocket::write_all(std::vector<iovec>& pieces) {
  for (std::size_t first = 0; first < pieces.size();) {
    if (!socket_.is_open()) co_return closed();
    msghdr message{};
    message.msg_iov = &pieces[first];
    message.msg_iovlen = std::min(pieces.size() - first, most_pieces);
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      take(pieces, first, static_cast<std::size_t>(sent));
      while (first < pieces.size() && pieces[first].iov_len == 0) ++first;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      auto writable = co_await wait_for(asio::socket_base::wait_write);
      if (!writable) co_return writable;
    } else if (errno != EINTR) {
      co_return Error{ErrorKind::unavailable, "connection lost: " + std::generic_category().message(errno)};
    }
  }
  co_return Result<>{};
}

asio::awaitable<Result<>> RtspSocket::encrypt_all(std::vector<iovec>& pieces) {
  for (std::size_t first = 0; first < pieces.size();) {
    if (!socket_.is_open()) co_return closed();
    auto step = tls_->write(std::span(pieces).subspan(first));
    if (!step.failure.empty()) co_return Error{ErrorKind::unavailable, std::move(step.failure)};
    if (step.wait == RtspTls::Step::Wait::nothing) {
      take(pieces, first, step.bytes);
    } else {
      auto ready = co_await wait_for(wait_type_of(step));
      if (!ready) co_return ready;
    }
  }
  co_return Result<>{};
}

asio::awaitable<Result<>> RtspSocket::wait_for(asio::ip::tcp::socket::wait_type what) {
  const base::Watchdog deadline(socket_.get_executor(), write_timeout_, [this] { close(true); });
  boost::system::error_code error;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
  if (deadline.expired()) {
    co_return Error{ErrorKind::timeout,
                    fmt::format("{} took no data for {}", peer_, base::format_duration(write_timeout_))};
  }
  if (error) co_return closed();
  co_return Result<>{};
}

void RtspSocket::close(bool reset) {
  boost::system::error_code ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  if (!reset && tls_ && socket_.is_open()) tls_->say_goodbye();
  socket_.close(ignored);
  turn_.cancel();
}

void RtspSocket::finish_sending() {
  boost::system::error_code ignored;
  if (tls_ && socket_.is_open()) tls_->say_goodbye();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace watchrig::media
