#include "system/storage/relay/units_ahead.hpp"

#include "system/storage/chunk_format.hpp"

namespace watchrig::storage {

void UnitsAhead::drop_first() {
  bytes_ -= groups_.front().bytes;
  groups_.pop_front();
}

void UnitsAhead::add(const media::AccessUnitPtr& unit, const std::function<media::Presentation()>& tracks,
                     base::Duration keep) {
  if (unit->key) {
    auto now = tracks();
    if (!same_tracks(now, tracks_)) {
      tracks_ = std::move(now);
      groups_.clear();
      bytes_ = 0;
    }
    if (!tracks_.empty() && unit->track == leading_track(tracks_)) groups_.emplace_back();
  }
  if (groups_.empty()) return;
  groups_.back().units.push_back(unit);
  groups_.back().bytes += unit->payload.size();
  bytes_ += unit->payload.size();
  while (groups_.size() > 1 && groups_[1].units.front()->received <= unit->received - keep) drop_first();
  while (bytes_ > most_bytes) drop_first();
}

std::vector<media::AccessUnitPtr> UnitsAhead::take(base::UtcTime now, base::Duration keep) {
  std::vector<media::AccessUnitPtr> units;
  for (const auto& group : groups_) {
    if (group.units.back()->received < now - keep) continue;
    units.insert(units.end(), group.units.begin(), group.units.end());
  }
  groups_.clear();
  bytes_ = 0;
  return units;
}

}  // namespace watchrig::storage
