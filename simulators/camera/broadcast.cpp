#include "simulators/camera/broadcast.hpp"

#include <fmt/format.h>

#include "simulators/kernel/dice.hpp"
#include "system/base/log.hpp"

namespace watchrig::camera {

namespace {

/// Static types where RFC 3551 has one, so that the simplest of clients understand them.
media::Track with_payload_type(media::Track track) {
  switch (track.codec) {
    case media::Codec::pcmu:
      track.payload_type = 0;
      break;
    case media::Codec::pcma:
      track.payload_type = 8;
      break;
    case media::Codec::mjpeg:
      track.payload_type = 26;
      break;
    case media::Codec::aac:
      track.payload_type = 97;
      break;
    case media::Codec::h264:
    case media::Codec::h265:
      track.payload_type = 96;
      break;
  }
  return track;
}

}  // namespace

Broadcast::Tap::Tap(std::shared_ptr<Broadcast> broadcast, Receiver receiver)
    : broadcast_(std::move(broadcast)) {
  const std::lock_guard lock(broadcast_->mutex_);
  id_ = ++broadcast_->named_;
  broadcast_->receivers_.emplace(id_, std::move(receiver));
}

Broadcast::Tap::~Tap() {
  const std::lock_guard lock(broadcast_->mutex_);
  broadcast_->receivers_.erase(id_);
}

Broadcast::Broadcast(std::shared_ptr<scene::StreamSource> source, TrackRole role, std::uint32_t ssrc)
    : source_(std::move(source)),
      role_(role),
      ssrc_(ssrc),
      track_(with_payload_type(source_->track())),
      book_(std::make_shared<UnitBook>()),
      packetizer_(track_, static_cast<std::uint16_t>(role), ssrc) {
  subscription_ = source_->subscribe([this](const scene::EncodedUnitPtr& unit) { receive(unit); });
}

Broadcast::~Broadcast() { subscription_ = scene::Subscription(); }

void Broadcast::receive(const scene::EncodedUnitPtr& unit) {
  const auto train = packetizer_.packetize(unit->payload, unit->key, unit->rtp_timestamp, unit->captured);
  book_->append(record_of(*unit));
  const std::lock_guard lock(mutex_);
  if (!train && error_.empty()) {
    error_ = train.error().message;
    base::log_error("camera stream {}: not sent: {}", scene::to_string(source_->profile()), error_);
  }
  for (const auto& [id, receiver] : receivers_) receiver(unit, train ? *train : nullptr);
}

std::string Broadcast::error() const {
  auto error = source_->stats().error;
  const std::lock_guard lock(mutex_);
  return error.empty() ? error_ : error;
}

BroadcastRegistry::BroadcastRegistry(const base::Clock& clock, std::uint64_t seed)
    : seed_(seed), sources_(clock, seed) {}

base::Result<std::shared_ptr<Broadcast>> BroadcastRegistry::open(const scene::SourceSpec& spec,
                                                                 TrackRole role) {
  const auto key = fmt::format("{}|{}|{}|{}|{}", static_cast<int>(role), scene::to_string(spec.profile),
                               spec.file.empty() ? spec.scene : "", spec.file.string(), spec.owner);
  const std::lock_guard lock(mutex_);
  std::erase_if(broadcasts_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto known = broadcasts_.find(key); known != broadcasts_.end()) {
    if (auto running = known->second.lock()) return running;
  }
  auto source = sources_.open(spec);
  if (!source) return source.error();
  const auto ssrc = static_cast<std::uint32_t>(kernel::Dice(seed_, key, "ssrc").bits(0)) | 1U;
  auto broadcast = std::make_shared<Broadcast>(std::move(*source), role, ssrc);
  broadcasts_[key] = broadcast;
  return broadcast;
}

}  // namespace watchrig::camera
