#include "system/central/schedules/schedules.hpp"

#include <gmock/gmock.h>

#include "system/central/testing/folder_fixture.hpp"

namespace watchrig::central {
namespace {

using base::ErrorKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

LocalTime local_in(const char* zone) {
  boost::json::object values;
  for (const auto& field : time_section().fields) values[field.name] = field.fallback;
  values["zone"] = zone;
  return LocalTime::from(values).value();
}

base::UtcTime utc(const char* text) { return base::parse_utc(text).value(); }

class SchedulesTest : public FolderTest {
 protected:
  void SetUp() override { open(); }
  void open() {
    schedules.reset();
    auto opened = Schedules::open(folder / "schedules.db");
    ASSERT_TRUE(opened) << opened.error().message;
    schedules = std::move(*opened);
  }
  std::string add(std::vector<WeekPeriod> periods) {
    const auto added = schedules->add({{}, "Night", false, std::move(periods)});
    return added ? added->id : added.error().field;
  }

  std::unique_ptr<Schedules> schedules;
};

TEST_F(SchedulesTest, the_default_is_always_in_effect_and_stays) {
  const auto berlin = local_in("Europe/Berlin");
  EXPECT_TRUE(schedules->effective("default", berlin, utc("2026-03-09T00:00:00Z")));
  EXPECT_EQ(schedules->change({"default", "Mine", false, {}}).error().error.kind, ErrorKind::denied);
  EXPECT_EQ(schedules->remove("default").error().kind, ErrorKind::denied);
  EXPECT_EQ(schedules->all().front().name, "Default");
}

TEST_F(SchedulesTest, fifty_periods_and_no_more) {
  std::vector<WeekPeriod> periods;
  for (unsigned i = 0; i < 50; ++i) periods.push_back({i % 7, i / 7 * 60, i / 7 * 60 + 30});
  const auto id = add(periods);
  EXPECT_EQ(schedules->find(id)->periods.size(), 50U);
  periods.push_back({0, 1400, 1440});
  EXPECT_EQ(schedules->change({id, "Night", false, periods}).error().field, "periods");
  EXPECT_EQ(schedules->find(id)->periods.size(), 50U);
}

TEST_F(SchedulesTest, there_are_256_beside_the_default_and_no_more) {
  std::string first;
  for (std::size_t i = 0; i < Schedules::most; ++i) {
    const auto added = schedules->add({{}, "Night " + std::to_string(i), false, {}});
    ASSERT_TRUE(added) << i;
    if (first.empty()) first = added->id;
  }
  EXPECT_EQ(schedules->all().size(), Schedules::most + 1);
  const auto more = schedules->add({{}, "One more", false, {}});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().error.kind, ErrorKind::full);
  EXPECT_THAT(more.error().error.message, HasSubstr("256 schedules"));
  EXPECT_TRUE(schedules->change({first, "Day", false, {}})) << "those that there are can be changed";
  ASSERT_TRUE(schedules->remove(first));
  EXPECT_TRUE(schedules->add({{}, "One more", false, {}}));
}

TEST_F(SchedulesTest, overlapping_and_touching_periods_of_a_day_are_joined) {
  const auto id = add({{1, 600, 720}, {0, 60, 120}, {0, 100, 180}, {0, 180, 200}, {0, 201, 210}, {1, 0, 10}});
  EXPECT_THAT(schedules->find(id)->periods, ElementsAre(WeekPeriod{0, 60, 200}, WeekPeriod{0, 201, 210},
                                                        WeekPeriod{1, 0, 10}, WeekPeriod{1, 600, 720}));
}

TEST_F(SchedulesTest, they_stay_over_a_restart_and_numbers_are_not_used_again) {
  const auto id = add({{6, 0, 1440}});
  open();
  EXPECT_EQ(schedules->find(id)->name, "Night");
  EXPECT_THAT(schedules->find(id)->periods, ElementsAre(WeekPeriod{6, 0, 1440}));
  ASSERT_TRUE(schedules->remove(id));
  open();
  EXPECT_EQ(schedules->find(id).error().kind, ErrorKind::not_found);
  EXPECT_NE(add({}), id);
}

TEST_F(SchedulesTest, names_are_unique_and_have_limits) {
  const auto name = [&](std::string text) {
    const auto added = schedules->add({{}, std::move(text), true, {}});
    return added ? std::string() : added.error().field;
  };
  EXPECT_EQ(name(""), "name");
  EXPECT_EQ(name(" a"), "name");
  EXPECT_EQ(name("a\nb"), "name");
  EXPECT_EQ(name("default"), "name");
  EXPECT_EQ(name(std::string(63, 'n')), "");
  EXPECT_EQ(name(std::string(64, 'n')), "name");
  EXPECT_EQ(schedules->add({{}, "x", true, {{0, 0, 1}}}).error().field, "periods");
}

TEST_F(SchedulesTest, one_in_use_is_not_removed) {
  const auto id = add({});
  schedules->add_users([&](const std::string& asked) {
    return asked == id ? std::vector<std::string>{"motion at \"Gate\""} : std::vector<std::string>();
  });
  const auto removed = schedules->remove(id);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind, ErrorKind::conflict);
  EXPECT_THAT(removed.error().message, HasSubstr("motion at \"Gate\""));
  EXPECT_TRUE(schedules->find(id));
}

TEST_F(SchedulesTest, a_period_goes_by_the_wall_clock_to_the_minute) {
  const auto id = add({{0, 8 * 60, 18 * 60}, {6, 22 * 60, 1440}});
  const auto at = [&](const char* zone, const char* time) {
    return schedules->effective(id, local_in(zone), utc(time));
  };
  EXPECT_FALSE(at("UTC", "2026-03-09T07:59:59Z"));  // a Monday
  EXPECT_TRUE(at("UTC", "2026-03-09T08:00:00Z"));
  EXPECT_TRUE(at("UTC", "2026-03-09T17:59:59Z"));
  EXPECT_FALSE(at("UTC", "2026-03-09T18:00:00Z"));
  EXPECT_TRUE(at("UTC", "2026-03-08T23:59:59Z"));
  EXPECT_FALSE(at("UTC", "2026-03-09T00:00:00Z"));
  EXPECT_TRUE(at("Asia/Shanghai", "2026-03-09T00:00:00Z"));
  EXPECT_FALSE(at("Asia/Shanghai", "2026-03-09T10:00:00Z"));
  EXPECT_FALSE(schedules->effective("schedule99", local_in("UTC"), utc("2026-03-09T08:00:00Z")));
}

TEST_F(SchedulesTest, a_missing_hour_is_in_no_period_and_a_doubled_one_is_in_it_twice) {
  const auto id = add({{6, 2 * 60, 3 * 60}});  // Sunday, two to three
  const auto berlin = local_in("Europe/Berlin");
  const auto minutes_of = [&](const char* from) {
    int minutes = 0;
    for (auto at = utc(from), end = at + std::chrono::hours(24); at < end; at += std::chrono::minutes(1)) {
      minutes += schedules->effective(id, berlin, at) ? 1 : 0;
    }
    return minutes;
  };
  EXPECT_EQ(minutes_of("2026-03-21T22:00:00Z"), 60);
  EXPECT_EQ(minutes_of("2026-03-28T22:00:00Z"), 0);
  EXPECT_EQ(minutes_of("2026-10-24T20:00:00Z"), 120);
}

}  // namespace
}  // namespace watchrig::central
