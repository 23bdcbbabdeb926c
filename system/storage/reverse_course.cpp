#include "system/storage/reverse_course.hpp"

#include <algorithm>

namespace watchrig::storage {

namespace {

using base::Duration;
using base::UtcTime;

constexpr Duration tick{1};
constexpr Duration least_hole_shown = std::chrono::milliseconds(200);
constexpr Duration assumed_interval = std::chrono::milliseconds(40);  // of a picture that is alone
constexpr Duration first_step_back = std::chrono::seconds(1);

}  // namespace

ReverseCourse::ReverseCourse(const Storage& storage, PlaybackWish wish)
    : storage_(storage),
      wish_(std::move(wish)),
      sieve_(wish_),
      stamps_(wish_.tracks),
      later_(wish_.replay.from == UtcTime::max() ? UtcTime::max() : wish_.replay.from + tick) {}

PlaybackCourse::Batch ReverseCourse::read(std::size_t bytes) {
  Batch batch;
  taken_ = 0;
  const auto give = [&](bool last) {
    if (!held_) return;
    held_->last = last;
    batch.steps.push_back(*std::exchange(held_, std::nullopt));
  };
  const bool has_pictures = std::ranges::any_of(
      wish_.tracks, [](const media::Track& track) { return media::is_video(track.codec); });
  while (taken_ < bytes) {
    if (is_stopped() || !has_pictures || (!group_ && !begin_group())) {
      give(true);
      batch.ended = true;
      return batch;
    }
    const auto unit = next_picture();
    if (!unit) {
      end_group();
      continue;
    }
    const bool first = pictures_++ == 0;
    group_last_ = unit->time;
    if (!sieve_.is_wanted(*unit)) continue;
    give(false);
    if (first) stamps_.forget();
    held_ = Step{unit, played_ + (unit->time - group_begin_), stamps_.next(*unit), first};
  }
  return batch;
}

media::AccessUnitPtr ReverseCourse::next_picture() {
  while (auto recorded = is_stopped() ? std::nullopt : group_->next()) {
    taken_ += recorded->unit->payload.size();
    const bool follows = recorded->discontinuity || recorded->unit->time < group_begin_;
    if (pictures_ > 0 && follows) return nullptr;
    if (!media::is_video(recorded->unit->codec)) continue;
    if (pictures_ > 0 && recorded->unit->key) return nullptr;
    if (!sieve_.is_known(*recorded)) return nullptr;
    return recorded->unit;
  }
  return nullptr;
}

void ReverseCourse::end_group() {
  group_.reset();
  if (pictures_ == 0) return;
  const auto interval = pictures_ > 1
                            ? (group_last_ - group_begin_) / static_cast<Duration::rep>(pictures_ - 1)
                            : assumed_interval;
  const bool hole = group_end_ - group_last_ > std::max(interval * 3 / 2, least_hole_shown);
  if (held_) held_->section_end = hole;
  played_ += hole ? group_last_ - group_begin_ + interval : group_end_ - group_begin_;
}

bool ReverseCourse::begin_group() {
  if (wish_.replay.to && later_ <= *wish_.replay.to) return false;
  const auto key = key_before(later_);
  if (!key) return false;
  auto reader = storage_.read(wish_.channel, wish_.stream, *key, later_);
  if (!reader) return false;
  group_.emplace(*std::move(reader));
  group_begin_ = group_last_ = *key;
  group_end_ = later_;
  later_ = *key;
  pictures_ = 0;
  return true;
}

std::optional<UtcTime> ReverseCourse::key_before(UtcTime end) {
  // A run is behind the last one, or its newest chunk is damaged: further and further back.
  Duration step = first_step_back;
  for (auto at = end; !is_stopped();) {
    const auto last = storage_.last_before(wish_.channel, wish_.stream, at);
    if (!last || !*last) return std::nullopt;
    if (const auto key = key_within(**last, end, at == end)) return key;
    at = **last - step;
    step *= 2;
  }
  return std::nullopt;
}

/// The latest one; reading begins with the latest at or before `from`, where it can be read.
std::optional<UtcTime> ReverseCourse::key_within(UtcTime from, UtcTime end, bool first) {
  auto reader = storage_.read(wish_.channel, wish_.stream, from, end);
  if (!reader) return std::nullopt;
  std::optional<UtcTime> key;
  while (const auto recorded = is_stopped() ? std::nullopt : reader->next()) {
    const auto& unit = *recorded->unit;
    taken_ += unit.payload.size();
    if (media::is_video(unit.codec) && unit.key && unit.time < end && (!key || unit.time > *key))
      key = unit.time;
    if (key && first) break;
  }
  return key;
}

}  // namespace watchrig::storage
