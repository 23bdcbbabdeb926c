#include "system/devices/attempt_pace.hpp"

#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;

TEST(AttemptPace, TurnsOfAStormAreSpreadAtTheRateOfTheMoment) {
  const auto start = base::parse_utc("2026-01-31T12:00:00Z").value();
  base::ManualClock clock{start};
  double rate = 100;
  AttemptPace pace(clock, [&] { return rate; });
  EXPECT_EQ(pace.take_turn(), start);
  for (int i = 1; i < 1000; ++i) EXPECT_EQ(pace.take_turn(), start + i * 10ms);
  rate = 1000;
  EXPECT_EQ(pace.take_turn(), start + 10s);
  EXPECT_EQ(pace.take_turn(), start + 10s + 1ms);
  rate = 0;  // as one a second
  EXPECT_EQ(pace.take_turn(), start + 10s + 2ms);
  EXPECT_EQ(pace.take_turn(), start + 11s + 2ms);
}

TEST(AttemptPace, WhoComesAloneDoesNotWait) {
  const auto start = base::parse_utc("2026-01-31T12:00:00Z").value();
  base::ManualClock clock{start};
  AttemptPace pace(clock, [] { return 1.0; });
  pace.take_turn();
  clock.advance(5s);
  EXPECT_EQ(pace.take_turn(), start + 5s);
}

}  // namespace
}  // namespace watchrig::devices
