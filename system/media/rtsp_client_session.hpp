#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "system/media/rtsp_client.hpp"
#include "system/media/rtsp_headers.hpp"
#include "system/media/rtsp_inbox.hpp"
#include "system/media/rtsp_inlet.hpp"
#include "system/media/rtsp_link.hpp"
#include "system/media/rtsp_url.hpp"
#include "system/media/sdp.hpp"

namespace watchrig::media {

/// What an RtspClient does, kept alive by its coroutines. Belongs to one executor.
class RtspClient::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::any_io_executor executor, const base::Clock& clock, Options options);

  static asio::awaitable<base::Result<Presentation>> start(std::shared_ptr<Session> self);
  static asio::awaitable<base::Result<AccessUnitPtr>> next(std::shared_ptr<Session> self);
  static asio::awaitable<void> stop(std::shared_ptr<Session> self);
  void cancel();
  Stats stats() const;

 private:
  /// One step of the way to PLAY, each with errors that name it.
  asio::awaitable<base::Result<>> set_up_everything();
  asio::awaitable<base::Result<>> connect();
  asio::awaitable<base::Result<>> ask_options();
  asio::awaitable<base::Result<>> describe();
  asio::awaitable<base::Result<>> follow(const RtspResponse& redirect);
  base::Result<> take_description(const RtspResponse& response);
  asio::awaitable<base::Result<>> setup_track(std::size_t track);
  asio::awaitable<base::Result<RtspResponse>> ask_setup(std::size_t track, const std::string& transport);
  base::Result<> take_transport(std::size_t track, const RtspResponse& response,
                                std::shared_ptr<RtspInlet> inlet);
  asio::awaitable<base::Result<>> play();
  bool over_tcp() const { return options_.transport != Transport::udp || url_.tls || url_.http; }

  asio::awaitable<base::Result<RtspResponse>> request(std::string method, std::string uri,
                                                      RtspLink::Headers headers);
  base::Error refused(std::string_view method, const RtspResponse& response) const;
  base::Error no_session(std::string_view method, const RtspResponse& response);
  void fail(base::Error error, bool drop = false);
  void close_sockets();

  static asio::awaitable<void> keep_alive(std::shared_ptr<Session> self);
  asio::awaitable<void> show_life();
  static asio::awaitable<void> watch(std::shared_ptr<Session> self);
  static asio::awaitable<void> send_reports(std::shared_ptr<Session> self);
  void take_frame(const InterleavedFrame& frame);
  RtpReceiverOptions receiver_options(std::size_t track) const;

  /// rtsp_client_quirks.cpp.
  void note(std::string_view name, const std::string& detail) const;
  void note_description(const RtspResponse& response, const SessionDescription& sdp) const;
  void note_password() const;
  void note_stream(base::Duration playing) const;

  struct Lane {
    SdpMedia media;
    std::uint8_t rtcp_channel = 0;
    std::shared_ptr<RtspInlet> inlet;  ///< UDP only
  };

  const asio::any_io_executor executor_;
  const base::Clock& clock_;
  const Options options_;
  RtspUrl url_;
  std::shared_ptr<AuthClient> auth_;
  std::shared_ptr<RtspLink> link_;
  const std::shared_ptr<RtspInbox> inbox_;
  std::string base_url_;
  std::string session_control_;
  std::string aggregate_url_;
  std::vector<Lane> lanes_;
  std::vector<std::string> ignored_;
  std::array<std::int16_t, 256> channels_;  ///< 2 * track, +1 for RTCP; -1: belongs to nothing
  RtspSessionHeader session_;
  std::string keep_alive_ = "OPTIONS";  ///< the method
  bool keep_alive_unanswered_ = false;
  int refused_session_ = 0;
  bool redirected_ = false;
  bool closed_ = false;
  bool reporting_ = false;  ///< reports are on their way
  std::uint32_t own_ssrc_ = 0;
  std::uint64_t keep_alives_ = 0;
  asio::steady_timer tick_;
  asio::steady_timer alive_;
};

}  // namespace watchrig::media
