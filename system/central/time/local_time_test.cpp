#include "system/central/time/local_time.hpp"

#include <cstdlib>
#include <ctime>

#include <gmock/gmock.h>

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

base::UtcTime utc(const char* text) { return base::parse_utc(text).value(); }

WallTime wall(const char* text) { return WallTime(utc(text).time_since_epoch() / 1s * 1s); }

boost::json::object values_with(const boost::json::object& set) {
  boost::json::object values;
  for (const auto& field : time_section().fields) values[field.name] = field.fallback;
  for (const auto& [name, value] : set) values[name] = value;
  return values;
}

LocalTime local(const boost::json::object& set) { return LocalTime::from(values_with(set)).value(); }

std::string refused(const boost::json::object& set) {
  const auto time = LocalTime::from(values_with(set));
  return time ? std::string() : time.error().field;
}

const boost::json::object berlin_by_hand{{"zone", "Europe/Berlin"},
                                         {"daylight", "week"},
                                         {"daylight_start", "3.5.0 02:00"},
                                         {"daylight_end", "10.5.0 03:00"}};

TEST(LocalTimeTest, a_zone_shifts_what_is_shown) {
  const auto at = utc("2026-07-01T12:00:00Z");
  EXPECT_EQ(local({}).text(at), "2026-07-01 12:00:00");
  EXPECT_EQ(local({{"zone", "Asia/Shanghai"}}).text(at), "2026-07-01 20:00:00");
  EXPECT_EQ(local({{"zone", "Asia/Kolkata"}}).offset(at), 330min);
  EXPECT_EQ(refused({{"zone", "Europe/Atlantis"}}), "zone");
}

TEST(LocalTimeTest, formats_are_those_of_the_settings) {
  const auto at = utc("2026-03-09T00:05:07Z");
  EXPECT_EQ(local({{"date_format", "dd-mm-yyyy"}, {"time_format", "12h"}}).text(at),
            "09-03-2026 12:05:07 AM");
  EXPECT_EQ(local({{"date_format", "mm-dd-yyyy"}}).text(at + 13h), "03-09-2026 13:05:07");
  EXPECT_EQ(local({{"time_format", "12h"}}).text(at + 12h), "2026-03-09 12:05:07 PM");
}

TEST(LocalTimeTest, weeks_by_hand_are_what_the_zone_has) {
  const auto by_zone = local({{"zone", "Europe/Berlin"}});
  const auto by_hand = local(berlin_by_hand);
  for (auto at = utc("2026-01-01T00:00:00Z"); at < utc("2029-01-01T00:00:00Z"); at += 30min) {
    ASSERT_EQ(by_hand.offset(at), by_zone.offset(at)) << base::format_utc(at);
    ASSERT_EQ(by_hand.is_daylight(at), by_zone.is_daylight(at)) << base::format_utc(at);
  }
}

TEST(LocalTimeTest, in_the_south_daylight_saving_goes_over_the_turn_of_the_year) {
  const auto by_zone = local({{"zone", "Australia/Sydney"}});
  const auto by_hand = local({{"zone", "Australia/Sydney"},
                              {"daylight", "week"},
                              {"daylight_start", "10.1.0 02:00"},
                              {"daylight_end", "4.1.0 03:00"}});
  for (auto at = utc("2026-01-01T00:00:00Z"); at < utc("2028-01-01T00:00:00Z"); at += 30min) {
    ASSERT_EQ(by_hand.offset(at), by_zone.offset(at)) << base::format_utc(at);
  }
}

TEST(LocalTimeTest, dates_hold_once) {
  const auto time = local({{"daylight", "date"},
                           {"daylight_shift", 30},
                           {"daylight_start", "2026-03-29 02:00"},
                           {"daylight_end", "2026-10-25 03:00"}});
  EXPECT_EQ(time.text(utc("2026-03-29T01:59:59Z")), "2026-03-29 01:59:59");
  EXPECT_EQ(time.text(utc("2026-03-29T02:00:00Z")), "2026-03-29 02:30:00");
  EXPECT_EQ(time.text(utc("2026-10-25T02:29:59Z")), "2026-10-25 02:59:59");
  EXPECT_EQ(time.text(utc("2026-10-25T02:30:00Z")), "2026-10-25 02:30:00");
  EXPECT_EQ(time.text(utc("2027-06-01T00:00:00Z")), "2027-06-01 00:00:00");
}

TEST(LocalTimeTest, without_daylight_saving_the_zones_winter_time_stays) {
  const auto time = local({{"zone", "Europe/Berlin"}, {"daylight", "off"}});
  EXPECT_EQ(time.offset(utc("2026-07-01T00:00:00Z")), 1h);
  EXPECT_FALSE(time.is_daylight(utc("2026-07-01T00:00:00Z")));
}

TEST(LocalTimeTest, an_hour_is_missing_in_spring_and_comes_twice_in_autumn) {
  for (const auto& time : {local({{"zone", "Europe/Berlin"}}), local(berlin_by_hand)}) {
    EXPECT_THAT(time.instants(wall("2026-03-29T02:30:00Z")), IsEmpty());
    EXPECT_THAT(time.instants(wall("2026-03-29T03:00:00Z")), ElementsAre(utc("2026-03-29T01:00:00Z")));
    EXPECT_THAT(time.instants(wall("2026-10-25T02:30:00Z")),
                ElementsAre(utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z")));
    EXPECT_THAT(time.instants(wall("2026-10-25T03:00:00Z")), ElementsAre(utc("2026-10-25T02:00:00Z")));
  }
}

TEST(LocalTimeTest, a_day_begins_at_its_midnight_or_at_what_follows_it) {
  const auto begin = [](const char* zone, const char* day) {
    const auto date = std::chrono::floor<std::chrono::days>(wall(day));
    return base::format_utc(local({{"zone", zone}}).begin_of(date), 0);
  };
  EXPECT_EQ(begin("Europe/Berlin", "2026-03-29T00:00:00Z"), "2026-03-28T23:00:00Z");
  EXPECT_EQ(begin("Europe/Berlin", "2026-03-30T00:00:00Z"), "2026-03-29T22:00:00Z");
  EXPECT_EQ(begin("America/Sao_Paulo", "2018-11-04T00:00:00Z"), "2018-11-04T03:00:00Z") << "it began at one";
  EXPECT_EQ(begin("America/Havana", "2025-11-02T00:00:00Z"), "2025-11-02T04:00:00Z") << "midnight came twice";
  EXPECT_EQ(begin("Pacific/Apia", "2011-12-30T00:00:00Z"), "2011-12-30T10:00:00Z")
      << "a day that was left out";
  EXPECT_EQ(begin("Pacific/Apia", "2011-12-31T00:00:00Z"), "2011-12-30T10:00:00Z");
}

TEST(LocalTimeTest, what_is_no_rule_is_refused_with_its_field) {
  const auto week = [](const char* start, const char* end) {
    return refused({{"daylight", "week"}, {"daylight_start", start}, {"daylight_end", end}});
  };
  EXPECT_EQ(week("3.5.0 02:00", "10.5.0 03:00"), "");
  for (const auto* bad : {"", "3.5.0", "13.5.0 02:00", "0.5.0 02:00", "3.6.0 02:00", "3.0.0 02:00",
                          "3.5.7 02:00", "3.5.0 24:00", "3.5.0 02:60", "3.5.0 2", "3.5.0.1 02:00"}) {
    EXPECT_EQ(week(bad, "10.5.0 03:00"), "daylight_start") << bad;
  }
  EXPECT_EQ(week("3.1.0 02:00", "3.5.0 03:00"), "daylight_end");
  const auto date = [](const char* start, const char* end) {
    return refused({{"daylight", "date"}, {"daylight_start", start}, {"daylight_end", end}});
  };
  EXPECT_EQ(date("2026-02-29 02:00", "2026-10-25 03:00"), "daylight_start");
  EXPECT_EQ(date("2026-03-29 02:00", "2026-03-29 03:00"), "daylight_end") << "nothing would be left of it";
  EXPECT_EQ(date("2026-03-29 02:00", "2026-03-29 03:01"), "");
}

/// The C library reads the same database by code of its own.
TEST(LocalTimeTest, agrees_with_the_c_library) {
  for (const char* zone : {"America/New_York", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    const auto time = local({{"zone", zone}});
    for (auto at = utc("2024-01-01T00:00:00Z"); at < utc("2027-01-01T00:00:00Z"); at += 7h) {
      const std::time_t seconds = at.time_since_epoch() / 1s;
      std::tm broken{};
      ::localtime_r(&seconds, &broken);
      ASSERT_EQ(time.offset(at).count(), broken.tm_gmtoff) << zone << " " << base::format_utc(at);
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace watchrig::central
