#include "system/base/corrected_clock.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace watchrig::base {
namespace {

using namespace std::chrono_literals;

// A thousand seconds a second, so that a test sees an hour.
Clock::Settings fast() { return Clock::parse("scale=100000").value(); }

TEST(CorrectedClockTest, forward_it_steps_at_once) {
  CorrectedClock clock(fast());
  const auto target = clock.now() + 24h * 400;
  clock.set(target);
  EXPECT_GE(clock.now(), target);
  EXPECT_LT(clock.now(), target + 24h);
  EXPECT_EQ(clock.lead(), Duration{});
}

TEST(CorrectedClockTest, back_it_never_goes_but_slows_down_until_it_is_right) {
  CorrectedClock clock(fast());
  const Clock reference(clock.settings());
  const auto shift = clock.now() - reference.now();
  auto last = clock.now();
  clock.set(last - 1h);
  EXPECT_GT(clock.lead(), 0s);
  while (clock.lead() > Duration{}) {
    const auto now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
  const auto behind = reference.now() + shift - clock.now();
  EXPECT_GT(behind, 50min);
  EXPECT_LT(behind, 70min);
}

TEST(CorrectedClockTest, waits_are_reckoned_with_the_correction_and_never_long) {
  CorrectedClock clock(Clock::parse("scale=1").value());
  clock.set(clock.now() + 1h);
  using Steady = std::chrono::steady_clock;
  auto before = Steady::now();
  auto at = clock.real_time(clock.now() + 4s);
  EXPECT_GE(at, before + 4s - 1ms);
  EXPECT_LE(at, Steady::now() + 4s + 1ms);
  at = clock.real_time(clock.now() + 24h);
  EXPECT_LE(at, Steady::now() + 10s);
  clock.set(clock.now() - 1min);  // at half speed now
  before = Steady::now();
  at = clock.real_time(clock.now() + 2s);
  EXPECT_GE(at, before + 4s - 1ms);
  EXPECT_LE(at, Steady::now() + 4s + 1ms);
}

TEST(CorrectedClockTest, a_correction_goes_on_where_it_was) {
  CorrectedClock clock(Clock::parse("scale=1").value());
  clock.set(clock.now() + 1h);
  clock.set(clock.now() - 10min);
  const CorrectedClock next(clock.settings(), clock.correction());
  EXPECT_LT(std::chrono::abs(next.now() - clock.now()), 1s);
  EXPECT_LT(std::chrono::abs(next.lead() - clock.lead()), 1s);
}

}  // namespace
}  // namespace watchrig::base
