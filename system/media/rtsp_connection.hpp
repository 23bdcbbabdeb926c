#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "system/base/timer.hpp"
#include "system/media/digest_auth.hpp"
#include "system/media/rtsp_manners.hpp"
#include "system/media/rtsp_message.hpp"
#include "system/media/rtsp_server_context.hpp"
#include "system/media/rtsp_session.hpp"
#include "system/media/rtsp_socket.hpp"

namespace watchrig::media {

/// One client's connection to an RTSP server: takes its requests one after the other, checks who asks, and
/// holds at most one session. It may come through HTTP, as two connections (rtsp_tunnel.hpp), of which the
/// one with the GET is this one and the other brings the requests. Lives on the socket's executor.
class RtspConnection : public std::enable_shared_from_this<RtspConnection> {
 public:
  RtspConnection(std::shared_ptr<RtspServerContext> context, asio::ip::tcp::socket socket);
  ~RtspConnection();

  /// Until the client or close() ends it.
  static asio::awaitable<void> run(std::shared_ptr<RtspConnection> self);
  asio::any_io_executor executor() { return socket_->executor(); }
  /// Any thread.
  void close(bool reset);

 private:
  using Handler = asio::awaitable<RtspResponse> (RtspConnection::*)(const RtspRequest&);
  static Handler handler_of(std::string_view method);

  asio::awaitable<void> serve();
  asio::awaitable<base::Result<>> read_more();
  asio::awaitable<bool> take(RtspReader::Step& step);
  asio::awaitable<bool> answer_to(const RtspRequest& request);
  asio::awaitable<void> refuse(const base::Error& error, std::string answer);
  bool speaks_http() const;
  asio::awaitable<bool> take_http();
  asio::awaitable<bool> open_tunnel(const std::string& cookie);
  static asio::awaitable<void> watch_get(std::shared_ptr<RtspConnection> self);
  asio::awaitable<base::Result<>> read_tunnel();
  asio::awaitable<void> carry_requests(const std::string& cookie);
  asio::awaitable<RtspResponse> handle(const RtspRequest& request);
  asio::awaitable<RtspResponse> options(const RtspRequest& request);
  asio::awaitable<RtspResponse> describe(const RtspRequest& request);
  asio::awaitable<RtspResponse> setup(const RtspRequest& request);
  asio::awaitable<RtspResponse> play(const RtspRequest& request);
  asio::awaitable<RtspResponse> pause(const RtspRequest& request);
  asio::awaitable<RtspResponse> teardown(const RtspRequest& request);
  asio::awaitable<RtspResponse> parameter(const RtspRequest& request);

  std::optional<RtspResponse> authorise(const RtspRequest& request);
  std::optional<RtspResponse> check_session(const RtspRequest& request, bool needed) const;
  asio::awaitable<base::Result<RtspDescription>> description_of(const RtspTarget& target);
  asio::awaitable<base::Result<>> make_session(const RtspTarget& target);
  RtspResponse set_up(const RtspRequest& request, std::optional<std::uint16_t> track);
  void timed_out();
  void live(const RtspRequest& request, const RtspResponse& response);
  void delivery_ended(const RtspDelivery::End& end);

  const std::shared_ptr<RtspServerContext> context_;
  const std::shared_ptr<RtspSocket> socket_;
  const std::unique_ptr<RtspManners> manners_;  ///< null: those of the standard
  DigestServer digest_;
  RtspReader reader_{RtspReader::Stray::refuse};
  base::Bytes buffer_;
  std::size_t begin_ = 0;  ///< of the bytes in buffer_ that are not consumed
  std::size_t end_ = 0;
  bool spoken_ = false;                    ///< more is known than the first bytes
  std::shared_ptr<RtspTunnel> tunnel_;     ///< of a GET: where requests come from
  std::optional<base::Watchdog> waiting_;  ///< of a GET: for its POST
  std::optional<base::Watchdog> alive_;    ///< against a silent client
  std::optional<base::Watchdog> life_;     ///< of a session whose camera ends it by itself
  std::optional<base::Watchdog> partial_;  ///< against a request that never ends
  std::optional<std::pair<RtspTarget, RtspDescription>> described_;
  bool talks_ = false;  ///< the client has required the backchannel
  std::unique_ptr<RtspSession> session_;
  std::string username_;
  unsigned failures_ = 0;      ///< of authentication
  std::string denied_answer_;  ///< the last wrong one that was told
};

}  // namespace watchrig::media
