#include "system/media/media_clock.hpp"

#include <algorithm>

namespace watchrig::media {

namespace {

constexpr base::Duration window = std::chrono::milliseconds(2500);
constexpr int slowest = 8;     // fraction of the speed while time waits for the mapping
constexpr int steepest = 100;  // a correction is at most this fraction of the time that passes

}  // namespace

MediaClock::MediaClock(std::uint32_t rate, base::Duration max_offset, std::optional<base::UtcTime> after)
    : rate_(rate), max_offset_(max_offset), last_(after) {}

base::UtcTime MediaClock::map(std::uint32_t timestamp, base::UtcTime arrival) {
  const auto step = static_cast<std::int32_t>(timestamp - last_timestamp_);
  const base::Duration advance = anchored_ ? ticks(step) : base::Duration::zero();
  if (!anchored_) {
    anchor(arrival);
  } else {
    position_ += step;
    const base::Duration late = arrival - (anchor_ + ticks(position_));
    if (advance < -max_offset_ || late < -max_offset_) {
      anchor(arrival);
      ++reanchored_;
      ++leaps_;
    } else {
      correct(late, advance, arrival);
    }
  }
  anchored_ = true;
  last_timestamp_ = timestamp;

  base::UtcTime time = anchor_ + ticks(position_);
  if (last_ && time <= *last_) {
    const base::Duration creep = advance <= max_offset_ ? advance / slowest : base::Duration::zero();
    time = *last_ + std::max(creep, ticks(1));
  }
  last_ = time;
  return time;
}

void MediaClock::anchor(base::UtcTime arrival) {
  anchor_ = arrival;
  position_ = 0;
  correction_ = {};
  window_begin_ = arrival;
  least_late_ = base::Duration::max();
}

void MediaClock::correct(base::Duration late, base::Duration advance, base::UtcTime arrival) {
  const base::Duration passed = std::clamp(advance, base::Duration::zero(), max_offset_);
  const base::Duration part = std::clamp(correction_, -passed / steepest, passed / steepest);
  anchor_ += part;
  correction_ -= part;
  least_late_ = std::min(least_late_, late - part);
  if (arrival - window_begin_ < window) return;
  if (least_late_ > max_offset_) {
    anchor_ += least_late_;
    correction_ = {};
    ++reanchored_;
  } else {
    // Half of it, because the correction under way has changed what the window was measured against.
    correction_ = least_late_ / 2;
  }
  window_begin_ = arrival;
  least_late_ = base::Duration::max();
}

// Split at the second, because count * 10^9 leaves 64 bits after a day of 90 kHz.
base::Duration MediaClock::ticks(std::int64_t count) const {
  const std::int64_t rate = rate_;
  return std::chrono::seconds(count / rate) + std::chrono::nanoseconds(count % rate * 1'000'000'000 / rate);
}

}  // namespace watchrig::media
