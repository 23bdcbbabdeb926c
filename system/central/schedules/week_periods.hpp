#pragma once

#include <compare>
#include <vector>

#include <boost/json/value.hpp>

#include "system/central/time/local_time.hpp"

namespace watchrig::central {

/// From one minute of a weekday to another, on the wall clock at the server.
struct WeekPeriod {
  unsigned day = 0;    ///< Monday 0 to Sunday 6
  unsigned begin = 0;  ///< minutes of the day, 0 to 1439
  unsigned end = 0;    ///< exclusive, up to 1440

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of a rewritten comparison for a pointer
  auto operator<=>(const WeekPeriod&) const = default;
};

/// Reads `{"day":"monday","from":"08:00","to":"24:00"}`. Errors: invalid, with the field below `prefix`.
FieldResult<WeekPeriod> week_period_from(const boost::json::value& value, const std::string& prefix);
boost::json::object to_json(const WeekPeriod& period);

/// In order, with those joined that overlap or touch each other.
std::vector<WeekPeriod> joined_periods(std::vector<WeekPeriod> periods);

/// Whether an instant is in one of them. An hour that the clock leaves out is in none; one that comes twice
/// is in both times.
bool contains(const std::vector<WeekPeriod>& periods, const LocalTime& local, base::UtcTime time);

}  // namespace watchrig::central
