#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "simulators/camera/unit_book.hpp"
#include "simulators/scene/stream_source.hpp"
#include "system/media/rtp_packetizer.hpp"
#include "system/media/rtp_train.hpp"

namespace watchrig::camera {

/// The track of an RTSP stream on which a source goes out.
enum class TrackRole : std::uint16_t { video = 0, audio = 1 };

/// One source on its way to all cameras that send it: each unit is written into the book and cut into packets
/// once, so a hundred cameras cost one encoder, one packetizer and one digest. Runs on the source's thread.
/// Any thread may call everything.
class Broadcast {
 public:
  /// `train` is null when the unit cannot be packetized (a JPEG that RFC 2435 cannot carry).
  using Receiver = std::function<void(const scene::EncodedUnitPtr& unit, const media::RtpTrainPtr& train)>;

  /// A camera's hold; once destroyed, its receiver is not called any more. Not to be destroyed inside the
  /// receiver.
  class Tap {
   public:
    Tap(std::shared_ptr<Broadcast> broadcast, Receiver receiver);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

   private:
    std::shared_ptr<Broadcast> broadcast_;
    std::uint64_t id_;
  };

  Broadcast(std::shared_ptr<scene::StreamSource> source, TrackRole role, std::uint32_t ssrc);
  ~Broadcast();

  const media::Track& track() const { return track_; }
  TrackRole role() const { return role_; }
  std::uint32_t ssrc() const { return ssrc_; }
  const std::shared_ptr<scene::StreamSource>& source() const { return source_; }
  const std::shared_ptr<UnitBook>& book() const { return book_; }
  UnitGrid grid() const { return {source_->started(), source_->profile().rate}; }
  /// Why units cannot be packetized or produced; empty while all is well.
  std::string error() const;

 private:
  void receive(const scene::EncodedUnitPtr& unit);

  const std::shared_ptr<scene::StreamSource> source_;
  const TrackRole role_;
  const std::uint32_t ssrc_;
  const media::Track track_;
  const std::shared_ptr<UnitBook> book_;
  media::RtpPacketizer packetizer_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Receiver> receivers_;
  std::uint64_t named_ = 0;
  std::string error_;
  scene::Subscription subscription_;
};

/// Opens each source once in its role. Any thread.
class BroadcastRegistry {
 public:
  BroadcastRegistry(const base::Clock& clock, std::uint64_t seed);

  /// The running broadcast, or a new one. It runs until its last holder lets it go.
  base::Result<std::shared_ptr<Broadcast>> open(const scene::SourceSpec& spec, TrackRole role);

 private:
  const std::uint64_t seed_;
  scene::StreamSourceRegistry sources_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Broadcast>> broadcasts_;
};

}  // namespace watchrig::camera
