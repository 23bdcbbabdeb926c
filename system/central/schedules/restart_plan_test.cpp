#include "system/central/schedules/restart_plan.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

LocalTime zone(const std::string& name) {
  boost::json::object values;
  for (const auto& field : time_section().fields) values[field.name] = field.fallback;
  values["zone"] = name;
  return LocalTime::from(values).value();
}

RestartPlan plan(const std::string& day, const std::string& at) {
  return RestartPlan::from({{"day", day}, {"at", at}}).value().value();
}

std::string next(const RestartPlan& plan, const LocalTime& local, const std::string& time) {
  return base::format_utc(plan.next(local, base::parse_utc(time).value()), 0);
}

TEST(RestartPlan, EveryDayAndWeekdays) {
  const auto local = zone("Europe/Berlin");  // UTC+1 in winter
  const auto daily = plan("every", "03:30");
  EXPECT_EQ(next(daily, local, "2026-01-15T02:29:59Z"), "2026-01-15T02:30:00Z");
  EXPECT_EQ(next(daily, local, "2026-01-15T02:30:00Z"), "2026-01-16T02:30:00Z");
  const auto mondays = plan("monday", "00:00");  // Sunday in UTC
  EXPECT_EQ(next(mondays, local, "2026-01-15T12:00:00Z"), "2026-01-18T23:00:00Z");
  EXPECT_EQ(next(mondays, local, "2026-01-18T23:00:00Z"), "2026-01-25T23:00:00Z");
  EXPECT_EQ(next(plan("sunday", "23:59"), local, "2026-01-18T22:58:59Z"), "2026-01-18T22:59:00Z");
}

TEST(RestartPlan, ATimeThatTheClockLeavesOutIsWhenItGoesOn) {
  const auto local = zone("Europe/Berlin");
  const auto daily = plan("every", "02:30");  // 29 March 2026: from 02:00 to 03:00 at 01:00 UTC
  EXPECT_EQ(next(daily, local, "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(next(daily, local, "2026-03-29T01:00:00Z"), "2026-03-30T00:30:00Z");
}

TEST(RestartPlan, ATimeThatComesTwiceRestartsOnce) {
  const auto local = zone("Europe/Berlin");
  const auto daily = plan("every", "02:30");  // 25 October 2026: 02:30 is 00:30 and 01:30 UTC
  EXPECT_EQ(next(daily, local, "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next(daily, local, "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
}

TEST(RestartPlan, HalfAnHourOfDaylightSavingAndADayThatIsLeftOut) {
  // Lord Howe, 4 October 2026: from 02:00 to 02:30 at 15:30 UTC of the day before.
  EXPECT_EQ(next(plan("every", "02:15"), zone("Australia/Lord_Howe"), "2026-10-03T12:00:00Z"),
            "2026-10-03T15:30:00Z");
  // Samoa had no 30 December 2011, a Friday: its restart is when the 31st begins.
  EXPECT_EQ(next(plan("friday", "12:00"), zone("Pacific/Apia"), "2011-12-29T12:00:00Z"),
            "2011-12-30T10:00:00Z");
}

TEST(RestartPlan, NeverIsNoneAndOnlyTimesAreTaken) {
  EXPECT_FALSE(*RestartPlan::from({{"day", "never"}, {"at", "02:00"}}));
  for (const char* good : {"00:00", "23:59"})
    EXPECT_TRUE(RestartPlan::from({{"day", "every"}, {"at", good}}));
  for (const char* bad : {"", "24:00", "23:60", "2:00", "02.00", "02:0x", "-1:00", "+1:00"}) {
    const auto read = RestartPlan::from({{"day", "never"}, {"at", bad}});
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().field, "at");
  }
}

}  // namespace
}  // namespace watchrig::central
