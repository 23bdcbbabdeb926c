#pragma once

#include <optional>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/central/field_error.hpp"

namespace watchrig::central {

/// Time on a wall clock, without a zone.
using WallTime = std::chrono::local_time<std::chrono::seconds>;

/// When daylight saving time begins and ends, entered by hand (IVSS 8.8.2). The beginning is on the clock
/// before the change, the end on the clock that is still put forward.
class DaylightRule {
 public:
  /// Date mode: once, `2026-03-29 02:00`. Errors: invalid with the field `daylight_start` or `daylight_end`.
  static FieldResult<DaylightRule> by_date(std::string_view start, std::string_view end,
                                           std::chrono::minutes shift);
  /// Week mode: every year, `3.5.0 02:00` for the last Sunday of March (month, week 1 to 4 or 5 for the last,
  /// weekday from Sunday 0 on; as in a TZ variable of POSIX). The same errors.
  static FieldResult<DaylightRule> by_week(std::string_view start, std::string_view end,
                                           std::chrono::minutes shift);

  /// Whether it is in force at a time of the clock that is never put forward.
  bool in_force(WallTime standard) const;
  std::chrono::minutes shift() const { return shift_; }

 private:
  struct Day {
    unsigned month = 1;
    unsigned week = 1;
    unsigned weekday = 0;
    std::chrono::minutes time{};
  };
  static std::optional<Day> parse_day(std::string_view text);
  static WallTime in_year(const Day& day, std::chrono::year year);

  bool yearly_ = false;
  WallTime start_{};  ///< of date mode
  WallTime end_{};
  Day first_;  ///< of week mode
  Day last_;
  std::chrono::minutes shift_{};
};

}  // namespace watchrig::central
