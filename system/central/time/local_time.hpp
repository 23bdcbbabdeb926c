#pragma once

#include <string>
#include <vector>

#include "system/central/settings/settings.hpp"
#include "system/central/time/daylight_rule.hpp"

namespace date {
class time_zone;
}

namespace watchrig::central {

/// The settings `time`: zone, daylight saving, and how times are written.
SettingSection time_section();

/// Names of all zones of the IANA database of the operating system.
std::vector<std::string> zone_names();

/// UTC as people at the server see it. Only for display and for plans of people; everything is stored in UTC.
/// Unchanged once made, any thread.
class LocalTime {
 public:
  /// Of the values of the section. Errors: invalid with the field.
  static FieldResult<LocalTime> from(const boost::json::object& values);

  /// What is to be added to UTC.
  std::chrono::seconds offset(base::UtcTime time) const;
  bool is_daylight(base::UtcTime time) const;
  WallTime wall(base::UtcTime time) const;
  /// The instants at which the wall clock shows a time: one; two when the hour comes twice (the earlier
  /// first); none when it is left out.
  std::vector<base::UtcTime> instants(WallTime wall) const;
  /// The first instant of a day: its midnight, the earlier of two, or what follows where that is left out.
  base::UtcTime begin_of(std::chrono::local_days date) const;
  /// As the settings say: `29-03-2026 03:00:00 AM`.
  std::string text(base::UtcTime time) const;
  const std::string& zone() const { return zone_name_; }

 private:
  enum class Daylight { zone, off, by_hand };
  std::chrono::seconds standard_offset(base::UtcTime time) const;

  std::string zone_name_;
  const date::time_zone* zone_ = nullptr;  ///< of the database, which lives as long as the process
  Daylight daylight_ = Daylight::zone;
  DaylightRule rule_;
  std::string date_format_;
  bool twelve_hours_ = false;
};

}  // namespace watchrig::central
