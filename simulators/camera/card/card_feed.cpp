#include "simulators/camera/card/card_feed.hpp"

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
    : ahead_(ahead),
      replay_(by_rigs_clock(replay, ahead)),
      course_(std::move(card), tracks, replay_),
      sender_(std::move(tracks), replay_, std::move(executor), clock) {}

media::RtpTrainPtr CardFeed::train_of(const CardCourse::Step& step) {
  const auto& unit = *step.unit.unit;
  media::ReplayUnit sent{static_cast<std::uint16_t>(step.unit.role),
                         unit.payload,
                         unit.key,
                         unit.rtp_timestamp,
                         step.played,
                         {unit.captured + ahead_}};
  sent.mark.clean_point = step.unit.role == TrackRole::video && unit.key;
  sent.mark.discontinuity = step.discontinuity;
  sent.mark.section_end = step.section_end;
  sent.mark.last = step.last;
  return sender_.train_of(sent, true);
}

asio::awaitable<std::optional<media::RtpTrainPtr>> CardFeed::next() {
  while (!closed_) {
    auto step = course_.next();
    if (!step) break;
    co_await sender_.pace(step->played);
    if (closed_) break;
    auto train = train_of(*step);
    if (!train) continue;
    reached_ = step->unit.unit->captured + ahead_;
    last_ = std::move(step->unit);
    co_return train;
  }
  co_return std::nullopt;
}

void CardFeed::close() {
  closed_ = true;
  sender_.cancel();
}

void CardFeed::sent(const media::RtpTrain&) {
  if (!last_) return;
  last_->ledger->handed(last_->ledger->index_at(last_->unit->captured));
  last_.reset();
}

}  // namespace watchrig::camera
