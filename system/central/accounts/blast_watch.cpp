#include "system/central/accounts/blast_watch.hpp"

#include <algorithm>

namespace watchrig::central {

BlastWatch::Rules BlastWatch::rules_from(const Settings& settings) {
  return {static_cast<unsigned>(settings.number("session_blast", "attempts")),
          std::chrono::seconds(settings.number("session_blast", "period"))};
}

void BlastWatch::set_rules(Rules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

bool BlastWatch::attempted(const std::string& source) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (rules_.attempts == 0) return false;
  if (!entries_.contains(source) && entries_.size() >= most_sources) make_room();
  Entry& entry = entries_[source];
  entry.last = now;
  if (now - entry.begin >= rules_.period) {
    // A blast goes on while each period is as full; one that was missed altogether has ended it.
    const bool goes_on = entry.attempts >= rules_.attempts && now - entry.begin < 2 * rules_.period;
    entry = {now, now, 0, entry.told && goes_on};
  }
  if (++entry.attempts < rules_.attempts || entry.told) return false;
  return entry.told = true;
}

void BlastWatch::make_room() {
  entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.last; }));
}

}  // namespace watchrig::central
