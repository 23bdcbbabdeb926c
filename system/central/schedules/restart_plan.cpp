#include "system/central/schedules/restart_plan.hpp"

#include <algorithm>
#include <array>

#include "system/base/text.hpp"

namespace watchrig::central {

namespace chrono = std::chrono;
using base::ErrorKind;

namespace {

constexpr std::array<std::string_view, 7> weekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};
constexpr int days_ahead = 9;  // a week, and one day more where the zone skips one
constexpr chrono::minutes longest_gap = chrono::hours(24);
constexpr chrono::minutes gap_step = chrono::minutes(15);  // of all changes of clocks

/// `03:30`, exactly so.
std::optional<chrono::minutes> minutes_from(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = base::parse_number<unsigned>(text.substr(0, 2));
  const auto minute = base::parse_number<unsigned>(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return chrono::hours(*hour) + chrono::minutes(*minute);
}

/// The earliest instant at or after a wall time.
std::optional<base::UtcTime> instant(const LocalTime& local, WallTime wall) {
  if (const auto found = local.instants(wall); !found.empty()) return found.front();
  const auto boundary = chrono::floor<chrono::hours>(wall);
  for (chrono::minutes later{0}; later <= longest_gap; later += gap_step) {
    if (boundary + later <= wall) continue;
    if (const auto found = local.instants(boundary + later); !found.empty()) return found.front();
  }
  return std::nullopt;
}

}  // namespace

SettingSection restart_section() {
  std::vector<std::string> days{"never", "every"};
  days.insert(days.end(), weekdays.begin(), weekdays.end());
  return {"restart",
          "a restart of the server by itself, when nobody needs it",
          {choice_setting("day", std::move(days), "on which days"),
           text_setting("at", "02:00", 5, "hh:mm by the wall clock of the settings time")},
          [](const boost::json::object& values) -> FieldResult<void> {
            if (const auto plan = RestartPlan::from(values); !plan) return plan.error();
            return {};
          }};
}

FieldResult<std::optional<RestartPlan>> RestartPlan::from(const boost::json::object& values) {
  const auto at = minutes_from(std::string(values.at("at").as_string()));
  if (!at) return FieldError{"at", {ErrorKind::invalid, "at must be a time from 00:00 to 23:59"}};
  const auto day = std::string(values.at("day").as_string());
  if (day == "never") return std::optional<RestartPlan>();
  RestartPlan plan{std::nullopt, *at};
  if (const auto found = std::ranges::find(weekdays, day); found != weekdays.end())
    plan.weekday = static_cast<unsigned>(found - weekdays.begin());
  return std::optional(plan);
}

base::UtcTime RestartPlan::next(const LocalTime& local, base::UtcTime time) const {
  auto day = chrono::floor<chrono::days>(local.wall(time)) - chrono::days(1);
  for (int tried = 0; tried <= days_ahead; ++tried, day += chrono::days(1)) {
    if (weekday && chrono::weekday(day).c_encoding() != *weekday) continue;
    const auto found = instant(local, day + at);
    if (found && *found > time) return *found;
  }
  return base::UtcTime::max();
}

}  // namespace watchrig::central
