#include "system/devices/onvif/event_states.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace watchrig::devices {

void EventStates::name_places(EventClass kind, std::map<std::string, unsigned> numbers, unsigned count) {
  numbers_[kind] = std::move(numbers);
  counts_[kind] = count;
}

unsigned EventStates::number_of(EventClass kind, const std::string& source) const {
  if (const auto known = numbers_.find(kind); known != numbers_.end()) {
    if (const auto found = known->second.find(source); found != known->second.end()) return found->second;
  }
  const auto count = counts_.find(kind);
  return count != counts_.end() && count->second == 1 ? 1 : 0;
}

unsigned EventStates::lone_place(EventClass kind) const {
  const auto count = counts_.find(kind);
  const auto told = initialised_.find(kind);
  const bool lone =
      count != counts_.end() && count->second > 1 && told != initialised_.end() && told->second.size() == 1;
  return lone ? *told->second.begin() : 0;
}

void EventStates::take(const EventNotice& notice, base::UtcTime now) {
  const std::string state = fmt::format("{}\n{}", notice.topic, notice.key);
  const auto before = states_.find(state);
  if (before == states_.end() && states_.size() >= most_states) {
    ++refused_;
    return;
  }
  const auto number = number_of(notice.kind, notice.source);
  if (notice.operation == EventNotice::Operation::initialized && number != 0)
    initialised_[notice.kind].insert(number);
  const bool was = before != states_.end() && before->second;
  if (notice.operation == EventNotice::Operation::deleted) {
    states_.erase(state);
  } else {
    states_[state] = notice.active;
  }
  if (was == notice.active) {
    // The first word of something that is not the case is no repetition.
    repeated_ += before != states_.end() ? 1 : 0;
    return;
  }
  auto& place = places_[{notice.kind, number != 0 ? std::to_string(number) : " " + notice.source}];
  place.last = {notice.kind, notice.active, number, notice.source, notice.topic, notice.time, {}};
  if (notice.active) {
    place.active.insert(state);
  } else {
    place.active.erase(state);
  }
  reconcile(place, now);
}

void EventStates::reconcile(Place& place, base::UtcTime now) {
  const bool active = !place.active.empty();
  if (active == place.told) return;
  if (!afford(now)) {
    ++withheld_;
    waits_ = true;
    return;
  }
  place.last.began = active;
  // Several topics may tell of one thing: its end is told of the source that its begin was told of.
  if (active) place.began_by = place.last.source;
  place.last.source = place.began_by;
  place.last.lasted = active ? base::Duration{} : now - place.since;
  place.told = active;
  if (active) place.since = now;
  tell_(place.last);
}

bool EventStates::afford(base::UtcTime now) {
  const auto passed = std::chrono::duration<double>(now - budget_at_).count();
  if (passed > 0 || now < budget_at_) {
    budget_ = passed > 0 ? std::min(most_at_once, budget_ + passed) : budget_;
    budget_at_ = now;
  }
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

void EventStates::settle(base::UtcTime now) {
  if (!std::exchange(waits_, false)) return;
  const auto withheld = withheld_;
  for (auto& [key, place] : places_) reconcile(place, now);
  withheld_ = withheld;  // these were counted
}

void EventStates::end_all(base::UtcTime now) {
  states_.clear();
  for (auto& [key, place] : places_) {
    place.active.clear();
    place.last.device_time.reset();
    budget_ = most_at_once;
    reconcile(place, now);
  }
  waits_ = false;
}

}  // namespace watchrig::devices
