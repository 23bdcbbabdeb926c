#include "system/storage/pending_chunk.hpp"

#include <algorithm>

#include "system/storage/storage.hpp"

namespace watchrig::storage {
namespace {

constexpr std::size_t usual_payload_bytes = 8u << 20;
constexpr base::Duration tolerated_lag = std::chrono::seconds(5);  // of one track behind another
constexpr std::size_t remembered_intervals = 9;
constexpr std::int64_t longest_interval = 4'000'000'000;

UnitEntry make_entry(const media::AccessUnit& unit, base::UtcTime begin) {
  UnitEntry entry;
  entry.track = unit.track;
  entry.key = unit.key;
  entry.damaged = unit.damaged;
  entry.size = static_cast<std::uint32_t>(unit.payload.size());
  entry.rtp_timestamp = unit.rtp_timestamp;
  entry.time_ns = time_minus(unit.time, begin);
  entry.received_ns = time_minus(unit.received, unit.time);
  entry.has_sender_time = unit.sender_time.has_value();
  if (unit.sender_time) entry.sender_ns = time_minus(*unit.sender_time, unit.time);
  return entry;
}

}  // namespace

ChunkBuilder::ChunkBuilder(std::string channel, std::string stream, media::Presentation tracks,
                           base::Duration duration)
    : channel_(std::move(channel)), stream_(std::move(stream)), duration_(duration) {
  present(std::move(tracks));
}

std::unique_ptr<PendingChunk> ChunkBuilder::present(media::Presentation tracks) {
  auto ended = take();
  tracks_ = std::move(tracks);
  leading_ = leading_track(tracks_);
  video_ = has_video(tracks_);
  newest_of_track_.assign(tracks_.size(), base::UtcTime::min());
  intervals_.clear();
  return ended;
}

std::unique_ptr<PendingChunk> ChunkBuilder::mark(platform::RecordingTypes types) {
  auto ended = types == types_ ? nullptr : take();
  types_ = types;
  return ended;
}

bool ChunkBuilder::steps_back(const media::AccessUnit& unit) const {
  if (unit.time <= newest_of_track_[unit.track]) return true;
  return previous_begin_ != base::UtcTime::min() &&
         time_minus(unit.time, previous_begin_) < -tolerated_lag.count();
}

bool ChunkBuilder::ends_hole(const media::AccessUnit& unit) const {
  const auto before = *std::ranges::max_element(newest_of_track_);
  if (before == base::UtcTime::min()) return false;
  return time_minus(unit.time, before) >
         std::max<std::int64_t>(least_hole.count(), 3 * std::int64_t{usual_interval()});
}

std::unique_ptr<PendingChunk> ChunkBuilder::begin_run(std::uint64_t run) {
  auto ended = take();
  run_ = run;
  next_index_ = 0;
  previous_begin_ = base::UtcTime::min();
  newest_of_track_.assign(tracks_.size(), base::UtcTime::min());
  return ended;
}

void ChunkBuilder::continue_run(std::uint64_t run, std::uint32_t next_index, base::UtcTime previous) {
  begin_run(run);
  next_index_ = next_index;
  previous_begin_ = previous;
}

bool ChunkBuilder::ends_before(const media::AccessUnit& unit) const {
  if (!open_) return false;
  if (video_ && unit.track == leading_ && unit.key && has_dependent_picture_) return true;
  if (open_->units.size() >= max_chunk_units) return true;
  if (open_->head.payload_bytes + unit.payload.size() > usual_payload_bytes) return true;
  const auto extent = time_minus(std::max(newest_, unit.time), std::min(first_, unit.time));
  return extent >= duration_.count();
}

std::unique_ptr<PendingChunk> ChunkBuilder::add(media::AccessUnitPtr unit, base::UtcTime now,
                                                std::size_t queued_bytes) {
  std::unique_ptr<PendingChunk> ended;
  if (ends_before(*unit)) ended = take();
  if (!open_) {
    open_ = std::make_unique<PendingChunk>();
    open_->opened = now;
    open_->head.continues = !(unit->key && unit->track == leading_);
    first_ = newest_ = unit->time;
    has_dependent_picture_ = false;
  }
  first_ = std::min(first_, unit->time);
  newest_ = std::max(newest_, unit->time);
  if (unit->track == leading_) {
    note_interval(*unit);
    if (!unit->key) has_dependent_picture_ = true;
  }
  newest_of_track_[unit->track] = unit->time;
  open_->head.payload_bytes += static_cast<std::uint32_t>(unit->payload.size());
  open_->queued_bytes += queued_bytes;
  open_->units.push_back(std::move(unit));
  return ended;
}

std::unique_ptr<PendingChunk> ChunkBuilder::take() {
  if (!open_) return nullptr;
  ChunkHead& head = open_->head;
  head.run = run_;
  head.index = next_index_++;
  head.begin = previous_begin_ = std::max(first_, previous_begin_);
  head.last = std::max(newest_, head.begin);
  head.interval_ns = usual_interval();
  head.types = types_;
  head.channel = channel_;
  head.stream = stream_;
  head.tracks = tracks_;
  head.units.reserve(open_->units.size());
  for (const auto& unit : open_->units) head.units.push_back(make_entry(*unit, head.begin));
  return std::move(open_);
}

void ChunkBuilder::note_interval(const media::AccessUnit& unit) {
  const base::UtcTime before = newest_of_track_[unit.track];
  if (before == base::UtcTime::min()) return;
  intervals_.push_back(std::min(time_minus(unit.time, before), longest_interval));
  if (intervals_.size() > remembered_intervals) intervals_.pop_front();
}

std::uint32_t ChunkBuilder::usual_interval() const {
  if (intervals_.empty()) return 0;
  std::vector<std::int64_t> sorted(intervals_.begin(), intervals_.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return static_cast<std::uint32_t>(*middle);
}

}  // namespace watchrig::storage
