#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/model/scenario_record.hpp"
#include "scenarios/engine/moment.hpp"

namespace watchrig::scenarios {

/// What happened when in a scenario, in model time: the timeline of the report, and the marks that steps
/// refer to. Verbs and types of events are marks too. Bounded: 20,000 entries, 10,000 times a mark. Any
/// thread.
class Chronicle {
 public:
  void mark(std::string_view name, base::UtcTime time);
  /// All times of a mark, ascending.
  std::vector<base::UtcTime> times(std::string_view name) const;
  /// The latest time of the moment's mark, with the offset. not_found: no such mark so far.
  base::Result<base::UtcTime> resolve(const Moment& moment, base::UtcTime begin, base::UtcTime now) const;

  void add(reports::TimelineEntry entry);
  std::vector<reports::TimelineEntry> timeline() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<base::UtcTime>, std::less<>> marks_;
  std::vector<reports::TimelineEntry> timeline_;
};

/// Seconds from each time of `from` to every time of `to` that comes before the next time of `from`: how long
/// something took, for each of those whom it concerned.
std::vector<double> intervals(const std::vector<base::UtcTime>& from, const std::vector<base::UtcTime>& to);

}  // namespace watchrig::scenarios
