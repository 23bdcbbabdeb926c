#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "system/media/rtsp_lane.hpp"
#include "system/media/rtsp_server_context.hpp"
#include "system/media/rtsp_socket.hpp"

namespace watchrig::media {

/// Takes trains from a session's feed and sends them over the session's lanes. On the session's executor.
class RtspDelivery : public std::enable_shared_from_this<RtspDelivery> {
 public:
  struct End {
    base::Error reason;
    bool session_stays = false;  ///< another PLAY may follow
  };
  using Ended = std::function<void(const End& end)>;

  /// `ended` is called once when sending has failed or the feed has ended, not after stop(). `lanes` has an
  /// entry a track, null for tracks that the client has not asked for.
  RtspDelivery(std::shared_ptr<RtspServerContext> context, std::shared_ptr<RtspSocket> socket,
               std::vector<std::shared_ptr<RtspLane>> lanes, std::unique_ptr<RtspFeed> feed,
               std::shared_ptr<PacketFilter> filter, Ended ended);

  void start(const std::string& name);
  /// Ends the sending and closes the feed.
  void stop();
  const RtspFeed& feed() const { return *feed_; }

 private:
  struct Batch;
  static asio::awaitable<void> run(std::shared_ptr<RtspDelivery> self);
  static asio::awaitable<void> flush_later(std::shared_ptr<RtspDelivery> self);
  asio::awaitable<base::Result<>> send(Batch& batch);
  asio::awaitable<base::Result<>> send_tcp(Batch& batch, RtspLane& lane, const RtpTrainPtr& train);
  asio::awaitable<base::Result<>> send_udp(RtspLane& lane, const RtpTrain& train);
  asio::awaitable<base::Result<>> flush(Batch& batch);
  asio::awaitable<base::Result<>> flush_harmed();
  asio::awaitable<void> say_goodbye();
  void harm(RtspLane& lane, const RtpTrain& train);
  void send_harmed(RtspLane& lane, base::ByteView rtp);
  base::Bytes report_if_due(RtspLane& lane, const RtpTrain& train);
  void count(RtspLane& lane, const RtpTrain& train);
  RtspLane* lane_of(const RtpTrain& train);

  const std::shared_ptr<RtspServerContext> context_;
  const std::shared_ptr<RtspSocket> socket_;
  const std::vector<std::shared_ptr<RtspLane>> lanes_;
  const std::unique_ptr<RtspFeed> feed_;
  const std::shared_ptr<PacketFilter> filter_;
  Ended ended_;
  base::Duration report_interval_;
  base::Bytes harmed_;  ///< framed packets of the filter that wait for the TCP socket
  bool flushing_ = false;
  bool stopped_ = false;
};

}  // namespace watchrig::media
