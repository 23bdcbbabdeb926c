#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <sys/uio.h>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/media/rtsp_tls.hpp"

namespace watchrig::media {

namespace asio = boost::asio;

/// The TCP connection of an RTSP server or client, in the clear or by TLS: one reader, and writers that take
/// turns so that messages and trains never mix. Belongs to the socket's executor; it must outlive the calls
/// under way.
class RtspSocket {
 public:
  /// While `muted` is set, writes succeed and nothing is sent; it may be null.
  RtspSocket(asio::ip::tcp::socket socket, base::Duration write_timeout,
             const std::atomic<bool>* muted = nullptr);

  /// From the first byte on by TLS. Before anything is read or written.
  void encrypt(std::unique_ptr<RtspTls> tls) { tls_ = std::move(tls); }
  int native_handle() { return socket_.native_handle(); }
  /// Tracks go over this connection only: it is encrypted, or the only one that is let through.
  bool alone() const { return alone_ || tls_; }
  void keep_to_itself() { alone_ = true; }
  /// By TLS, which is not agreed upon yet.
  bool shaking_hands() const { return tls_ && tls_->shaking_hands(); }

  asio::any_io_executor executor() { return socket_.get_executor(); }
  /// At least one byte. Errors: unavailable (closed by the peer or here).
  asio::awaitable<base::Result<std::size_t>> read(std::span<std::uint8_t> into);
  /// Writes everything, in the clear in one system call as long as the socket takes it; `pieces` is used up.
  /// Their bytes must live until then. Errors: unavailable (closed), timeout (the socket took nothing for the
  /// write timeout; it is closed).
  asio::awaitable<base::Result<>> write(std::vector<iovec>& pieces);
  asio::awaitable<base::Result<>> write(std::string text);
  asio::awaitable<base::Result<>> write(base::Bytes bytes);

  bool is_open() const { return socket_.is_open(); }
  /// Waiting calls end with `unavailable`. With `reset` the peer sees a RST.
  void close(bool reset = false);
  /// Says that nothing more will be sent.
  void finish_sending();

  std::string peer() const { return peer_; }  ///< `127.0.0.1:50312`
  asio::ip::address peer_address() const { return peer_address_; }
  asio::ip::address local_address() const { return local_address_; }

 private:
  asio::awaitable<base::Result<>> write_all(std::vector<iovec>& pieces);
  asio::awaitable<base::Result<>> encrypt_all(std::vector<iovec>& pieces);
  asio::awaitable<base::Result<std::size_t>> decrypt(std::span<std::uint8_t> into);
  asio::awaitable<base::Result<>> wait_for(asio::ip::tcp::socket::wait_type what);

  asio::ip::tcp::socket socket_;
  std::unique_ptr<RtspTls> tls_;
  const base::Duration write_timeout_;
  const std::atomic<bool>* muted_;
  asio::steady_timer turn_;  ///< never expires; cancelled when a writer has finished
  bool alone_ = false;
  bool writing_ = false;
  unsigned waiting_ = 0;
  std::string peer_;
  asio::ip::address peer_address_;
  asio::ip::address local_address_;
};

}  // namespace watchrig::media
