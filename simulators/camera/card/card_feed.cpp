#include "simulators/camera/card/card_feed.hpp"

#include <algorithm>
#include <functional>

namespace watchrig::camera {

namespace asio = boost::asio;

namespace {

bool same_coding(const media::Presentation& a, const media::Presentation& b) {
  return std::ranges::equal(a, b, [](const media::Track& x, const media::Track& y) {
    return x.codec == y.codec && x.config == y.config && x.width == y.width && x.height == y.height;
  });
}

}  // namespace

CardFeed::CardFeed(std::shared_ptr<CardStore> card, media::Presentation tracks,
                   const media::RtspReplay& replay, asio::any_io_executor executor, const base::Clock& clock,
                   base::Duration ahead)
    : card_(std::move(card)),
      tracks_(std::move(tracks)),
      replay_(replay),
      clock_(clock),
      ahead_(ahead),
      timer_(std::move(executor), clock) {
  if (replay_.from != base::UtcTime::min()) replay_.from -= ahead_;  // the earliest is so by any clock
  if (replay_.to) *replay_.to -= ahead_;
  // No session's numbers follow from another's.
  const auto ssrc = static_cast<std::uint32_t>(std::hash<const void*>()(this) * 2654435761u);
  for (const auto& track : tracks_) {
    const auto index = static_cast<std::uint16_t>(packetizers_.size());
    packetizers_.emplace_back(track, index, ssrc + index);
  }
  next_ = card_->find(replay_.from).value_or(0);
}

std::optional<CardStore::Unit> CardFeed::take() {
  while (auto unit = card_->at(next_)) {
    next_ = unit->number + 1;
    if (replay_.to && unit->unit->captured > *replay_.to) return {};
    if (replay_.key_pictures_only && !(unit->role == TrackRole::video && unit->unit->key)) continue;
    if (unit->section != section_) {
      const auto sections = card_->sections();
      const auto own = std::ranges::find(sections, unit->section, &CardStore::Section::number);
      if (own == sections.end() || !same_coding(own->tracks, tracks_)) continue;
    }
    return unit;
  }
  return {};
}

media::RtpTrainPtr CardFeed::train_of(const CardStore::Unit& unit) {
  const auto behind = card_->at(unit.number + 1);
  const auto told = unit.unit->captured + ahead_;
  media::ReplayMark mark{told};
  mark.clean_point = unit.role == TrackRole::video && unit.unit->key;
  mark.discontinuity = unit.section != section_;
  mark.section_end = !behind || behind->section != unit.section;
  mark.last = !behind || (replay_.to && behind->unit->captured > *replay_.to);
  mark.request = static_cast<std::uint8_t>(replay_.request);
  section_ = unit.section;
  const auto train = packetizers_.at(static_cast<std::size_t>(unit.role))
                         .packetize(unit.unit->payload, unit.unit->key, unit.unit->rtp_timestamp, told, mark);
  return train ? *train : nullptr;
}

asio::awaitable<void> CardFeed::pace(base::UtcTime captured) {
  const auto now = clock_.now();
  if (!began_) began_ = {now, captured};
  const auto behind = std::chrono::duration<double, std::nano>(captured - began_->second) / replay_.speed;
  const auto due = began_->first + std::chrono::duration_cast<base::Duration>(behind);
  co_await timer_.wait_until(due);
}

asio::awaitable<std::optional<media::RtpTrainPtr>> CardFeed::next() {
  while (!closed_) {
    auto unit = take();
    if (!unit) break;
    if (unit->section != section_) began_.reset();  // a hole is not waited for
    if (replay_.rate_control) co_await pace(unit->unit->captured);
    if (closed_) break;
    auto train = train_of(*unit);
    if (!train) continue;
    last_ = std::move(unit);
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
