#include "scenarios/engine/chronicle.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::size_t max_times = 10'000;
constexpr std::size_t max_entries = 20'000;

}  // namespace

void Chronicle::mark(std::string_view name, base::UtcTime time) {
  const std::lock_guard lock(mutex_);
  auto& times = marks_[std::string(name)];
  if (times.size() >= max_times) return;
  times.insert(std::ranges::upper_bound(times, time), time);
}

std::vector<base::UtcTime> Chronicle::times(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = marks_.find(name);
  return found == marks_.end() ? std::vector<base::UtcTime>() : found->second;
}

base::Result<base::UtcTime> Chronicle::resolve(const Moment& moment, base::UtcTime begin,
                                               base::UtcTime now) const {
  if (moment.name == "now") return now + moment.offset;
  if (moment.name == "begin") return begin + moment.offset;
  const std::lock_guard lock(mutex_);
  const auto found = marks_.find(moment.name);
  if (found == marks_.end()) {
    return base::Error{base::ErrorKind::not_found,
                       fmt::format("nothing called \"{}\" has happened so far, only begin, now{}{}",
                                   moment.name, marks_.empty() ? "" : ", ",
                                   base::joined(marks_, ", ", [](const auto& mark) { return mark.first; }))};
  }
  return found->second.back() + moment.offset;
}

void Chronicle::add(reports::TimelineEntry entry) {
  const std::lock_guard lock(mutex_);
  if (timeline_.size() < max_entries) timeline_.push_back(std::move(entry));
}

std::vector<reports::TimelineEntry> Chronicle::timeline() const {
  const std::lock_guard lock(mutex_);
  auto sorted = timeline_;
  std::ranges::stable_sort(sorted, {}, &reports::TimelineEntry::begin);
  return sorted;
}

std::vector<double> intervals(const std::vector<base::UtcTime>& from, const std::vector<base::UtcTime>& to) {
  std::vector<double> seconds;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto end = i + 1 < from.size() ? from[i + 1] : base::UtcTime::max();
    for (const auto time : to) {
      if (time >= from[i] && time < end)
        seconds.push_back(std::chrono::duration<double>(time - from[i]).count());
    }
  }
  return seconds;
}

}  // namespace watchrig::scenarios
