#pragma once

#include <optional>

#include "system/central/settings/settings.hpp"
#include "system/central/time/local_time.hpp"

namespace watchrig::central {

/// The settings `restart`: whether, on which day and when the server restarts by itself.
SettingSection restart_section();

/// When the server restarts by itself: once on each day that is meant, at a time of the wall clock.
struct RestartPlan {
  std::optional<unsigned> weekday;  ///< 0 is Sunday; none: every day
  std::chrono::minutes at{};        ///< after midnight

  /// Of the values of the section; none when there is to be no restart. Errors: invalid, with the field.
  static FieldResult<std::optional<RestartPlan>> from(const boost::json::object& values);

  /// The first restart later than `time`. On a day whose wall clock leaves that time out it is when the clock
  /// goes on; where it comes twice, the first of the two.
  base::UtcTime next(const LocalTime& local, base::UtcTime time) const;
};

}  // namespace watchrig::central
