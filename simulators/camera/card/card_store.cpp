#include "simulators/camera/card/card_store.hpp"

#include <algorithm>

namespace watchrig::camera {

namespace {

constexpr std::pair<CardState, std::string_view> names[] = {
    {CardState::inserted, "inserted"}, {CardState::removed, "removed"}, {CardState::failed, "failed"}};

}  // namespace

std::string_view to_string(CardState state) {
  return std::ranges::find(names, state, &std::pair<CardState, std::string_view>::first)->second;
}

std::optional<CardState> card_state(std::string_view name) {
  const auto found = std::ranges::find(names, name, &std::pair<CardState, std::string_view>::second);
  return found == std::end(names) ? std::nullopt : std::optional(found->first);
}

void CardStore::begin(media::Presentation tracks, std::vector<std::shared_ptr<Ledger>> ledgers) {
  const std::lock_guard lock(mutex_);
  tracks_ = std::move(tracks);
  ledgers_ = std::move(ledgers);
  fresh_ = true;
}

bool CardStore::recording_locked() const {
  const bool full = options_.stops_when_full && used_ >= options_.bytes;
  return state_ == CardState::inserted && !paused_ && job_ && !full;
}

void CardStore::add(TrackRole role, const scene::EncodedUnitPtr& unit) {
  const std::lock_guard lock(mutex_);
  if (!recording_locked()) return;
  // What cannot be decoded is not kept.
  if (fresh_ && !(role == TrackRole::video && unit->key)) return;
  if (fresh_) sections_.push_back({next_section_++, tracks_, unit->captured, unit->captured});
  fresh_ = false;
  auto& section = sections_.back();
  section.to = std::max(section.to, unit->captured);
  section.bytes += unit->payload.size();
  used_ += unit->payload.size();
  units_.push_back({next_unit_++, section.number, role, unit, ledgers_.at(static_cast<std::size_t>(role))});
  if (options_.stops_when_full) return;
  while (used_ > options_.bytes && units_.size() > 1) drop_oldest();
}

/// Under mutex_. Up to the next key picture, since the rest of a group shows nothing.
void CardStore::drop_oldest() {
  do {
    const auto& oldest = units_.front();
    const auto size = oldest.unit->payload.size();
    used_ -= size;
    sections_.front().bytes -= size;
    const auto section = oldest.section;
    units_.pop_front();
    if (units_.empty() || units_.front().section != section) sections_.pop_front();
  } while (!units_.empty() && !(units_.front().role == TrackRole::video && units_.front().unit->key));
  if (units_.empty()) {
    sections_.clear();
    fresh_ = true;
  } else {
    sections_.front().from = units_.front().unit->captured;
  }
}

void CardStore::pause(bool on) {
  const std::lock_guard lock(mutex_);
  paused_ = on;
  fresh_ = true;
}

void CardStore::set_job(bool active) {
  const std::lock_guard lock(mutex_);
  if (active != job_) fresh_ = true;
  job_ = active;
}

bool CardStore::job_active() const {
  const std::lock_guard lock(mutex_);
  return job_;
}

void CardStore::erase() {
  const std::lock_guard lock(mutex_);
  units_.clear();
  sections_.clear();
  used_ = 0;
  fresh_ = true;
}

void CardStore::set_state(CardState state) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  fresh_ = true;
}

CardState CardStore::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool CardStore::recording() const {
  const std::lock_guard lock(mutex_);
  return recording_locked();
}

std::vector<CardStore::Section> CardStore::sections() const {
  const std::lock_guard lock(mutex_);
  if (state_ != CardState::inserted) return {};
  return {sections_.begin(), sections_.end()};
}

std::uint64_t CardStore::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return state_ == CardState::inserted ? used_ : 0;
}

std::optional<std::uint64_t> CardStore::find(base::UtcTime time) const {
  const std::lock_guard lock(mutex_);
  if (state_ != CardState::inserted || units_.empty()) return {};
  std::uint64_t found = units_.front().number;
  for (const auto& [number, section, role, unit, ledger] : units_) {
    if (unit->captured > time) break;
    if (role == TrackRole::video && unit->key) found = number;
  }
  return found;
}

std::optional<std::uint64_t> CardStore::key_before(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  if (state_ != CardState::inserted || units_.empty()) return {};
  const auto first = units_.front().number;
  for (auto place = std::min(number - std::min(number, first), units_.size()); place-- > 0;) {
    const Unit& unit = units_[place];
    if (unit.role == TrackRole::video && unit.unit->key) return unit.number;
  }
  return {};
}

std::optional<CardStore::Unit> CardStore::at(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  if (state_ != CardState::inserted || units_.empty()) return {};
  const auto first = units_.front().number;
  const auto place = number <= first ? 0 : number - first;
  return place < units_.size() ? std::optional(units_[place]) : std::nullopt;
}

}  // namespace watchrig::camera
