#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include "simulators/camera/camera_stream.hpp"
#include "system/base/bounded_queue.hpp"
#include "system/base/timer.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

/// One reader of a camera's stream. A reader that is too slow loses everything up to the next key picture, as
/// with a real camera whose send buffer is full; those units are not `sent` in the ledger.
class CameraFeed final : public media::RtspFeed {
 public:
  CameraFeed(std::shared_ptr<CameraStream> stream, boost::asio::any_io_executor executor, base::Start start);
  ~CameraFeed() override;

  /// From the stream.
  void push(const media::RtpTrainPtr& train);

  boost::asio::awaitable<std::optional<media::RtpTrainPtr>> next() override;
  std::optional<media::RtpTrainPtr> try_next() override;
  /// A reader of a camera with a phase ends within the time from one picture to the next.
  void close() override { queue_.close(); }
  base::QueueStats stats() const override { return queue_.stats(); }
  std::optional<media::RtpPosition> position(std::uint16_t track) const override;
  void sent(const media::RtpTrain& train) override;

 private:
  const std::shared_ptr<CameraStream> stream_;
  base::BoundedQueue<media::RtpTrainPtr> queue_;
  const base::Start start_;
  base::Timer pause_;
  base::UtcTime due_{};  ///< when the next picture is to go out, of a camera with a phase
  mutable std::mutex mutex_;
  bool begun_ = false;
  std::array<std::optional<media::RtpPosition>, 3> first_;  ///< a track; of its first train
};

/// SSRC, sequence number and timestamp of a train's first packet.
media::RtpPosition position_of(const media::RtpTrain& train);

}  // namespace watchrig::camera
