#include "system/media/replay_sender.hpp"

#include <algorithm>
#include <cmath>

#include <openssl/rand.h>

namespace watchrig::media {

namespace {

constexpr base::Duration of_a_picture = std::chrono::milliseconds(40);  // the last one before a seek

std::uint32_t random_ssrc() {
  std::uint32_t ssrc = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&ssrc), sizeof ssrc);
  return ssrc;
}

}  // namespace

ReplaySender::ReplaySender(Presentation tracks, RtspReplay replay, boost::asio::any_io_executor executor,
                           const base::Clock& clock)
    : clock_(clock),
      tracks_(std::move(tracks)),
      replay_(std::move(replay)),
      timer_(std::move(executor), clock),
      begins_(tracks_.size()),
      shifts_(tracks_.size()),
      told_(tracks_.size()) {
  const auto ssrc = random_ssrc();
  for (const auto& track : tracks_) {
    const auto index = static_cast<std::uint16_t>(packetizers_.size());
    packetizers_.emplace_back(track, index, ssrc + index);
  }
}

void ReplaySender::go_on(const RtpPositions& positions) {
  begins_.assign(tracks_.size(), std::nullopt);
  shifts_ = begins_;
  for (std::uint16_t i = 0; i < std::min(positions.size(), tracks_.size()); ++i) {
    if (!positions[i]) continue;
    packetizers_[i] = RtpPacketizer(tracks_[i], i, positions[i]->ssrc);
    packetizers_[i].continue_at(positions[i]->sequence);
    begins_[i] = positions[i]->rtp_timestamp;
  }
}

boost::asio::awaitable<void> ReplaySender::pace(base::Duration played) {
  if (!replay_.rate_control || cancelled_) co_return;
  if (!began_) began_ = clock_.now();
  const auto passed = std::chrono::duration<double, std::nano>(played) / (replay_.speed * replay_.delivery);
  co_await timer_.wait_until(*began_ + std::chrono::duration_cast<base::Duration>(passed));
}

std::uint32_t ReplaySender::ticks_of(std::uint16_t track, base::Duration played) const {
  const auto shown = std::chrono::duration<double>(played).count() / replay_.speed;
  return static_cast<std::uint32_t>(std::llround(shown * tracks_.at(track).clock_rate));
}

std::uint32_t ReplaySender::timestamp_of(const ReplayUnit& unit) {
  if (!replay_.rate_control) return unit.rtp_timestamp;
  const auto ticks = ticks_of(unit.track, unit.played);
  auto& begin = begins_.at(unit.track);
  if (!begin) begin = unit.rtp_timestamp - ticks;
  const auto by_pace = *begin + ticks;
  if (replay_.backwards || replay_.speed != 1) return by_pace;
  // Between two leaps those of the recording go on more smoothly.
  auto& shift = shifts_.at(unit.track);
  const auto off = shift ? static_cast<std::int32_t>(unit.rtp_timestamp + *shift - by_pace) : 0;
  const bool leaps = std::abs(std::int64_t{off}) > tracks_[unit.track].clock_rate / 2;
  if (!shift || leaps || unit.mark.discontinuity) shift = by_pace - unit.rtp_timestamp;
  return unit.rtp_timestamp + *shift;
}

RtpTrainPtr ReplaySender::train_of(const ReplayUnit& unit, bool marked) {
  std::optional<ReplayMark> mark;
  if (marked) {
    mark = unit.mark;
    mark->request = static_cast<std::uint8_t>(replay_.request);
  }
  const auto timestamp = timestamp_of(unit);
  told_.at(unit.track) = timestamp;
  played_ = std::max(played_.value_or(unit.played), unit.played);
  const auto train =
      packetizers_.at(unit.track).packetize(unit.payload, unit.key, timestamp, unit.mark.time, mark);
  return train ? *train : nullptr;
}

std::optional<RtpPosition> ReplaySender::position(std::uint16_t track) const {
  if (track >= packetizers_.size() || !played_) return std::nullopt;
  const auto& packetizer = packetizers_[track];
  auto timestamp = told_[track];
  if (begins_[track]) timestamp = *begins_[track] + ticks_of(track, *played_ + of_a_picture);
  if (!timestamp) return std::nullopt;
  return RtpPosition{packetizer.ssrc(), packetizer.next_sequence(), *timestamp};
}

RtpPosition ReplaySender::position_of(const ReplayUnit& unit) {
  const auto& packetizer = packetizers_.at(unit.track);
  return {packetizer.ssrc(), packetizer.next_sequence(), timestamp_of(unit)};
}

void ReplaySender::cancel() {
  cancelled_ = true;
  timer_.cancel();
}

}  // namespace watchrig::media
