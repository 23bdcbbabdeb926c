#include "system/central/time/local_time.hpp"

#include <algorithm>
#include <date/tz.h>

#include <fmt/chrono.h>

namespace watchrig::central {

namespace chrono = std::chrono;
namespace json = boost::json;
using base::UtcTime;

namespace {

constexpr auto day = chrono::hours(24);

std::string text_in(const json::object& values, std::string_view name) {
  return std::string(values.at(name).as_string());
}

/// The library throws for a name that is not in the database.
const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

FieldResult<void> check(const json::object& values) {
  if (const auto time = LocalTime::from(values); !time) return time.error();
  return {};
}

date::sys_info info_at(const date::time_zone& zone, UtcTime time) {
  return zone.get_info(chrono::floor<chrono::seconds>(time));
}

}  // namespace

SettingSection time_section() {
  return {
      "time",
      "how times are shown; everything is stored in UTC",
      {text_setting("zone", "UTC", 64, "name in the IANA database, such as Europe/Berlin"),
       choice_setting("daylight", {"zone", "off", "date", "week"},
                      "daylight saving: as the zone has it, never, from date to date, or each year by weeks"),
       number_setting("daylight_shift", 60, 30, 120, "minutes, for date and week"),
       text_setting("daylight_start", "", 32,
                    "date: 2026-03-29 02:00; week: 3.5.0 02:00 (last Sunday of March)"),
       text_setting("daylight_end", "", 32, "the same, on the clock that is still put forward"),
       choice_setting("date_format", {"yyyy-mm-dd", "mm-dd-yyyy", "dd-mm-yyyy"}, "order of a date"),
       choice_setting("time_format", {"24h", "12h"}, "hours of a day")},
      check};
}

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  try {
    for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
  } catch (const std::exception&) {
    return {};  // no tzdata on this machine: UTC is all there is
  }
  return names;
}

FieldResult<LocalTime> LocalTime::from(const json::object& values) {
  LocalTime time;
  time.zone_name_ = text_in(values, "zone");
  time.date_format_ = text_in(values, "date_format");
  time.twelve_hours_ = text_in(values, "time_format") == "12h";
  if (time.zone_name_ != "UTC") {
    time.zone_ = find_zone(time.zone_name_);
    if (!time.zone_) {
      return FieldError{"zone",
                        {base::ErrorKind::invalid,
                         fmt::format("zone \"{}\" is not in the database of zones", time.zone_name_)}};
    }
  }
  const auto mode = text_in(values, "daylight");
  if (mode == "zone") return time;
  time.daylight_ = mode == "off" ? Daylight::off : Daylight::by_hand;
  if (mode == "off") return time;
  const chrono::minutes shift(values.at("daylight_shift").as_int64());
  const auto start = text_in(values, "daylight_start");
  const auto end = text_in(values, "daylight_end");
  auto rule =
      mode == "date" ? DaylightRule::by_date(start, end, shift) : DaylightRule::by_week(start, end, shift);
  if (!rule) return rule.error();
  time.rule_ = *rule;
  return time;
}

chrono::seconds LocalTime::standard_offset(UtcTime time) const {
  if (!zone_) return {};
  auto info = info_at(*zone_, time);
  // Of the operating system's database one learns whether a time is put forward, but not by how much.
  for (int back = 0; info.save != chrono::minutes(0) && back < 4; ++back) {
    info = zone_->get_info(info.begin - chrono::seconds(1));
  }
  return info.offset;
}

bool LocalTime::is_daylight(UtcTime time) const {
  switch (daylight_) {
    case Daylight::zone:
      return zone_ && info_at(*zone_, time).save != chrono::minutes(0);
    case Daylight::by_hand:
      return rule_.in_force(
          WallTime((chrono::floor<chrono::seconds>(time) + standard_offset(time)).time_since_epoch()));
    case Daylight::off:
      break;
  }
  return false;
}

chrono::seconds LocalTime::offset(UtcTime time) const {
  if (daylight_ == Daylight::zone) return zone_ ? info_at(*zone_, time).offset : chrono::seconds(0);
  return standard_offset(time) + (is_daylight(time) ? chrono::seconds(rule_.shift()) : chrono::seconds(0));
}

WallTime LocalTime::wall(UtcTime time) const {
  return WallTime((chrono::floor<chrono::seconds>(time) + offset(time)).time_since_epoch());
}

std::vector<UtcTime> LocalTime::instants(WallTime wall) const {
  const UtcTime as_utc(wall.time_since_epoch());
  std::vector<UtcTime> found;
  // Whichever offset holds then holds a day before or after too, or about then where it holds for less.
  for (const auto around : {-day, 0 * day, day}) {
    const UtcTime time = as_utc - offset(as_utc + around);
    if (this->wall(time) == wall && std::find(found.begin(), found.end(), time) == found.end())
      found.push_back(time);
  }
  std::sort(found.begin(), found.end());
  return found;
}

UtcTime LocalTime::begin_of(chrono::local_days date) const {
  // Where a zone has left out a whole day, that is the begin of the next.
  for (WallTime wall = date; wall <= date + chrono::days(1); wall += chrono::minutes(1)) {
    if (const auto found = instants(wall); !found.empty()) return found.front();
  }
  return UtcTime(date.time_since_epoch()) - offset(UtcTime(date.time_since_epoch()));
}

std::string LocalTime::text(UtcTime time) const {
  const auto shown = wall(time);
  const auto midnight = chrono::floor<chrono::days>(shown);
  const chrono::year_month_day ymd(midnight);
  const auto y = static_cast<int>(ymd.year());
  const auto m = static_cast<unsigned>(ymd.month());
  const auto d = static_cast<unsigned>(ymd.day());
  const chrono::hh_mm_ss clock(shown - midnight);
  const auto date_text = date_format_ == "mm-dd-yyyy"   ? fmt::format("{:02}-{:02}-{:04}", m, d, y)
                         : date_format_ == "dd-mm-yyyy" ? fmt::format("{:02}-{:02}-{:04}", d, m, y)
                                                        : fmt::format("{:04}-{:02}-{:02}", y, m, d);
  const auto hours = clock.hours();
  const auto shown_hours = twelve_hours_ ? chrono::make12(hours) : hours;
  return fmt::format("{} {:02}:{:02}:{:02}{}", date_text, shown_hours.count(), clock.minutes().count(),
                     clock.seconds().count(),
                     !twelve_hours_         ? ""
                     : chrono::is_am(hours) ? " AM"
                                            : " PM");
}

}  // namespace watchrig::central
