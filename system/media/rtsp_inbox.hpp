#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "system/base/result.hpp"
#include "system/media/rtp_receiver.hpp"

namespace watchrig::media {

namespace asio = boost::asio;

/// Where the packets of an RTSP client become access units that wait for their reader. Belongs to one
/// executor.
class RtspInbox {
 public:
  RtspInbox(const asio::any_io_executor& executor, std::size_t max_units);

  void add_track(const Track& track, const RtpReceiverOptions& options);
  RtpReceiver& receiver(std::size_t track) { return receivers_[track]; }
  const RtpReceiver& receiver(std::size_t track) const { return receivers_[track]; }
  std::size_t tracks() const { return receivers_.size(); }
  void take_rtp(std::size_t track, base::ByteView packet, base::UtcTime received);

  /// The next unit, then the reason of close(). One call at a time.
  static asio::awaitable<base::Result<AccessUnitPtr>> next(std::shared_ptr<RtspInbox> self);
  /// Returns once there is room for more units: until then sockets are not read.
  static asio::awaitable<void> wait_for_room(std::shared_ptr<RtspInbox> self);
  bool full() const { return units_.size() >= max_units_; }
  /// No more units come; the first reason counts. With `drop` those that wait are not delivered any more.
  void close(base::Error reason, bool drop);
  bool closed() const { return reason_.has_value(); }
  const std::optional<base::Error>& reason() const { return reason_; }

  /// Whether RTP has come since the last call.
  bool take_activity() { return std::exchange(active_, false); }
  /// Whether a picture has come with which decoding can start, or there is no video.
  bool has_started() const { return started_; }

 private:
  void deliver(AccessUnitPtr unit);

  const std::size_t max_units_;
  std::vector<RtpReceiver> receivers_;
  std::deque<AccessUnitPtr> units_;
  std::optional<base::Error> reason_;
  asio::steady_timer unit_signal_;  ///< never expire; cancelled to wake who waits
  asio::steady_timer room_signal_;
  bool active_ = false;
  bool started_ = true;
};

}  // namespace watchrig::media
