#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "system/base/clock.hpp"
#include "system/base/tls_trust.hpp"
#include "system/media/digest_auth.hpp"
#include "system/media/rtsp_message.hpp"
#include "system/media/rtsp_socket.hpp"
#include "system/media/rtsp_url.hpp"

namespace watchrig::base {
class Dialer;
}  // namespace watchrig::base

namespace watchrig::media {

class RtspPost;

/// A client's connection to an RTSP server: requests with their answers, authentication, and the frames
/// between them. Belongs to one executor.
class RtspLink : public std::enable_shared_from_this<RtspLink> {
 public:
  struct Timeouts {
    base::Duration connect;
    base::Duration request;
  };
  struct Listener {
    std::function<void(const InterleavedFrame&)> frame;
    std::function<asio::awaitable<void>()> after_read;  ///< before the socket is read again
    std::function<void(const base::Error&)> lost;  ///< once, when the connection has ended but not by close()
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  RtspLink(const asio::any_io_executor& executor, Timeouts timeouts, std::string user_agent,
           Listener listener);
  ~RtspLink();

  /// Whom a client believes to be the host of an rtsps:// address: whoever shows a certificate that is
  /// trusted and valid now. Without one such addresses are refused.
  struct Trust {
    base::TlsTrust in;
    base::UtcTime now;
  };
  /// By the dialer, where there is one. Errors: unavailable (unknown host, refused), timeout, cancelled,
  /// unsupported. TLS shows at the first request only that the server is not trusted.
  asio::awaitable<base::Result<>> connect(RtspUrl url, std::shared_ptr<base::Dialer> dialer, Trust trust);
  /// The answer to a request, whatever its status but 401: that is answered with `auth`, or an error
  /// `denied`. One request waits for another. Errors: timeout, unavailable, cancelled, and those of
  /// AuthClient::challenged.
  asio::awaitable<base::Result<RtspResponse>> request(std::string method, std::string uri, Headers headers,
                                                      std::shared_ptr<AuthClient> auth);
  /// Sends one interleaved frame.
  asio::awaitable<base::Result<>> send_frame(std::uint8_t channel, base::Bytes packet);
  void close();

  asio::ip::address peer_address() const { return socket_->peer_address(); }
  asio::ip::address local_address() const { return socket_->local_address(); }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t stray_bytes() const { return stray_bytes_; }

 private:
  static asio::awaitable<void> read_loop(std::shared_ptr<RtspLink> self);
  asio::awaitable<base::Result<>> take_all();
  asio::awaitable<base::Result<>> connect_to(const RtspUrl& url);
  asio::awaitable<base::Result<std::shared_ptr<RtspSocket>>> open_socket();
  asio::awaitable<base::Result<>> open_tunnel();
  static asio::awaitable<base::Result<std::shared_ptr<RtspSocket>>> open_post(std::weak_ptr<RtspLink> weak);
  /// Through HTTP a failure is the end of the connection: what is asked can arrive no more, whatever the GET
  /// still brings.
  asio::awaitable<base::Result<>> write(std::string text);
  asio::awaitable<base::Result<>> answer_server(RtspRequest request);
  asio::awaitable<base::Result<RtspResponse>> exchange(const std::string& method, const std::string& uri,
                                                       const Headers& headers, AuthClient& auth);
  void take_response(RtspResponse response);
  void lose(base::Error reason);

  const asio::any_io_executor executor_;
  RtspUrl url_;
  std::shared_ptr<base::Dialer> dialer_;
  Trust trust_;
  const Timeouts timeouts_;
  const std::string user_agent_;
  Listener listener_;
  asio::ip::tcp::resolver resolver_;
  asio::ip::tcp::socket connecting_;
  std::shared_ptr<RtspSocket> socket_;
  std::shared_ptr<RtspPost> post_;  ///< through HTTP: the way of what is sent
  RtspReader reader_{RtspReader::Stray::skip};
  base::Bytes buffer_;
  std::size_t begin_ = 0;  ///< of the bytes in buffer_ that are not consumed
  std::size_t end_ = 0;
  std::uint32_t sequence_ = 0;
  bool asking_ = false;                   ///< a request waits for its answer
  std::optional<RtspResponse> response_;  ///< to sequence_
  asio::steady_timer answered_;           ///< expires with the deadline; cancelled by the answer
  asio::steady_timer turn_;               ///< never expires; cancelled when a request has its answer
  std::optional<base::Error> lost_;
  std::uint64_t bytes_ = 0;
  std::uint64_t stray_bytes_ = 0;
};

}  // namespace watchrig::media
