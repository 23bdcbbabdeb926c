#include "simulators/camera/card/card_feed.hpp"

#include <functional>

namespace watchrig::camera {

namespace asio = boost::asio;

namespace {

/// The earliest and the latest are so by any clock.
media::RtspReplay by_rigs_clock(media::RtspReplay replay, base::Duration ahead) {
  if (replay.from != base::UtcTime::min() && replay.from != base::UtcTime::max()) replay.from -= ahead;
  if (replay.to) *replay.to -= ahead;
  return replay;
}

}  // namespace

CardFeed::CardFeed(std::shared_ptr<CardStore> card, media::Presentation tracks,
                   const media::RtspReplay& replay, asio::any_io_executor executor, const base::Clock& clock,
                   base::Duration ahead)
    : clock_(clock),
      ahead_(ahead),
      replay_(by_rigs_clock(replay, ahead)),
      tracks_(std::move(tracks)),
      course_(std::move(card), tracks_, replay_),
      timer_(std::move(executor), clock) {
  // No session's numbers follow from another's.
  const auto ssrc = static_cast<std::uint32_t>(std::hash<const void*>()(this) * 2654435761u);
  for (const auto& track : tracks_) {
    const auto index = static_cast<std::uint16_t>(packetizers_.size());
    packetizers_.emplace_back(track, index, ssrc + index);
  }
}

media::RtpTrainPtr CardFeed::train_of(const CardCourse::Step& step) {
  const auto& unit = *step.unit.unit;
  const auto told = unit.captured + ahead_;
  media::ReplayMark mark{told};
  mark.clean_point = step.unit.role == TrackRole::video && unit.key;
  mark.discontinuity = step.discontinuity;
  mark.section_end = step.section_end;
  mark.last = step.last;
  mark.request = static_cast<std::uint8_t>(replay_.request);
  const auto train = packetizers_.at(static_cast<std::size_t>(step.unit.role))
                         .packetize(unit.payload, unit.key, timestamp_of(step), told, mark);
  return train ? *train : nullptr;
}

// ONVIF Streaming, 6.5.4: those of the pictures, where the reader sets the pace; else of how they are played,
// which goes on while their own times run backwards.
std::uint32_t CardFeed::timestamp_of(const CardCourse::Step& step) {
  const auto own = step.unit.unit->rtp_timestamp;
  if (!replay_.backwards || !replay_.rate_control) return own;
  if (!first_timestamp_) first_timestamp_ = own;
  const double rate = tracks_.at(static_cast<std::size_t>(step.unit.role)).clock_rate;
  const auto played = std::chrono::duration<double>(step.played).count() / replay_.speed;
  return *first_timestamp_ + static_cast<std::uint32_t>(static_cast<std::uint64_t>(played * rate));
}

asio::awaitable<void> CardFeed::pace(base::Duration played) {
  if (!began_) began_ = clock_.now();
  const auto passed = std::chrono::duration<double, std::nano>(played) / replay_.speed;
  co_await timer_.wait_until(*began_ + std::chrono::duration_cast<base::Duration>(passed));
}

asio::awaitable<std::optional<media::RtpTrainPtr>> CardFeed::next() {
  while (!closed_) {
    auto step = course_.next();
    if (!step) break;
    if (replay_.rate_control) co_await pace(step->played);
    if (closed_) break;
    auto train = train_of(*step);
    if (!train) continue;
    last_ = std::move(step->unit);
    co_return train;
  }
  co_return std::nullopt;
}

void CardFeed::close() {
  closed_ = true;
  timer_.cancel();
}

void CardFeed::sent(const media::RtpTrain&) {
  if (!last_) return;
  last_->ledger->handed(last_->ledger->index_at(last_->unit->captured));
  last_.reset();
}

}  // namespace watchrig::camera
