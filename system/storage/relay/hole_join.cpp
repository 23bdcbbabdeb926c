#include "system/storage/relay/hole_join.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/storage/chunk_format.hpp"

namespace watchrig::storage {

using base::Duration;
using base::UtcTime;
using media::AccessUnitPtr;
using std::chrono::milliseconds;

namespace {

/// Of sound, whose times are taken less exactly.
constexpr Duration sound_tolerance = milliseconds(10);
/// By how much the same unit may seem to be at another time.
constexpr Duration same_time = std::chrono::seconds(1);

std::optional<Duration> offset_of(const media::AccessUnit& unit) {
  return unit.sender_time ? std::optional<Duration>(*unit.sender_time - unit.time) : std::nullopt;
}

/// Two pictures of that track after each other that are the same to the byte.
bool is_still(const std::vector<AccessUnitPtr>& units, std::uint16_t track) {
  AccessUnitPtr previous;
  for (const auto& unit : units) {
    if (unit->track != track) continue;
    if (previous && previous->payload == unit->payload) return true;
    previous = unit;
  }
  return false;
}

/// The first that is known, in the order given.
template <class Iterator>
std::optional<Duration> known_offset(Iterator unit, Iterator end) {
  for (; unit != end; ++unit) {
    if (const auto offset = offset_of(**unit)) return offset;
  }
  return {};
}

}  // namespace

HoleJoin::HoleJoin(const Hole& hole, media::Presentation stored, std::vector<AccessUnitPtr> before,
                   std::vector<AccessUnitPtr> after)
    : hole_(hole),
      stored_(std::move(stored)),
      leading_(leading_track(stored_)),
      newest_(stored_.size(), UtcTime::min()),
      end_(stored_.size()) {
  UtcTime previous = UtcTime::min();
  Duration interval = milliseconds(40);
  for (const auto& unit : before) {
    if (unit->track >= stored_.size()) continue;
    newest_.at(unit->track) = std::max(newest_[unit->track], unit->time);
    if (unit->track != leading_) continue;
    last_ = unit;
    if (previous != UtcTime::min()) interval = unit->time - previous;
    previous = unit->time;
  }
  for (const auto& unit : after) {
    if (unit->track >= stored_.size()) continue;
    if (!end_.at(unit->track)) end_[unit->track] = unit->time;
    if (unit->track == leading_ && !first_) first_ = unit;
  }
  half_interval_ = interval / 2;
  still_ = is_still(before, leading_) || is_still(after, leading_);
  const auto early = known_offset(before.rbegin(), before.rend()),
             late = known_offset(after.begin(), after.end());
  offset_before_ = early.value_or(late.value_or(Duration::zero()));
  offset_after_ = late.value_or(offset_before_);
}

UtcTime HoleJoin::device_time(UtcTime ours) const {
  return ours + (ours <= hole_.from ? offset_before_ : offset_after_);
}

UtcTime HoleJoin::our_time(UtcTime device) const {
  const auto begin = hole_.from + offset_before_, end = hole_.to + offset_after_;
  const auto length = std::chrono::duration<double>(end - begin);
  // A clock that was set back in the hole leaves no time in it.
  const double part =
      length.count() > 0 ? std::clamp(std::chrono::duration<double>(device - begin) / length, 0.0, 1.0) : 0;
  const auto drift = std::chrono::duration<double, std::nano>(offset_after_ - offset_before_) * part;
  return device - offset_before_ - std::chrono::duration_cast<Duration>(drift);
}

base::Result<> HoleJoin::present(const media::Presentation& recorded) {
  track_of_.assign(recorded.size(), std::nullopt);
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const auto same = std::ranges::find_if(stored_, [&](const media::Track& track) {
      return track.codec == recorded[i].codec &&
             (track.config == recorded[i].config || track.config.empty() || recorded[i].config.empty());
    });
    if (same != stored_.end()) track_of_[i] = static_cast<std::uint16_t>(same - stored_.begin());
  }
  if (std::ranges::find(track_of_, std::optional(leading_)) != track_of_.end()) return {};
  return base::Error{base::ErrorKind::conflict,
                     fmt::format("the device's recording is not coded as the {} before the gap",
                                 media::to_string(stored_.at(leading_).codec))};
}

std::vector<AccessUnitPtr> HoleJoin::take(const media::AccessUnit& unit, UtcTime now) {
  if (done() || !unit.sender_time || unit.track >= track_of_.size() || !track_of_[unit.track]) return {};
  auto fitted = unit;
  fitted.track = *track_of_[unit.track];
  fitted.time = our_time(*unit.sender_time);
  fitted.received = now;
  if (fitted.track == leading_) return take_picture(std::move(fitted));
  std::vector<AccessUnitPtr> units;
  take_sound(std::move(fitted), units);
  return units;
}

std::vector<AccessUnitPtr> HoleJoin::take_picture(media::AccessUnit unit) {
  std::vector<AccessUnitPtr> units;
  const auto is_same = [&](const AccessUnitPtr& other) {
    const auto tolerance = still_ ? half_interval_ : same_time;
    return other && std::chrono::abs(unit.time - other->time) < tolerance && unit.payload == other->payload;
  };
  if (state_ == State::before) {
    const bool is_last = is_same(last_);
    begun_before_ |= last_ && unit.time < last_->time - half_interval_;
    const bool is_later = unit.time > (last_ ? last_->time : hole_.from) + half_interval_;
    // Where the joint is not found, only a key picture can be decoded without what was before.
    if (!is_last && !(is_later && unit.key)) return {};
    if (!is_last && begun_before_) {
      foreign_ = unit.time > last_->time + same_time;
      return {};
    }
    state_ = State::inside;
    exact_ = is_last;
    if (is_last && !still_) take_over_clock(unit);
    for (auto& sound : std::exchange(waiting_, {})) take_sound(std::move(sound), units);
    if (is_last) return units;
  }
  if (is_same(first_) || unit.time > (first_ ? first_->time : hole_.to) - half_interval_) {
    state_ = State::behind;
  } else if (unit.time > newest_[leading_] + half_interval_) {
    keep(std::move(unit), units);
  }
  return units;
}

/// Sender reports and recordings may tell times apart by what coding takes.
void HoleJoin::take_over_clock(const media::AccessUnit& joint) {
  const auto error = *joint.sender_time - last_->time - offset_before_;
  offset_before_ += error;
  offset_after_ += error;
}

void HoleJoin::take_sound(media::AccessUnit unit, std::vector<AccessUnitPtr>& units) {
  const auto& end = end_[unit.track];
  if (unit.time <= newest_[unit.track] + sound_tolerance || (end && unit.time >= *end - sound_tolerance))
    return;
  if (state_ == State::inside) return keep(std::move(unit), units);
  waiting_.push_back(std::move(unit));
  if (waiting_.size() > most_waiting) waiting_.pop_front();
}

void HoleJoin::keep(media::AccessUnit unit, std::vector<AccessUnitPtr>& units) {
  newest_[unit.track] = unit.time;
  units.push_back(std::make_shared<media::AccessUnit>(std::move(unit)));
}

}  // namespace watchrig::storage
