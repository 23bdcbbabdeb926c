#include "simulators/ptz/head_axis.hpp"

#include <gtest/gtest.h>

namespace watchrig::ptz {
namespace {

using namespace std::chrono_literals;
constexpr base::UtcTime noon = base::UtcTime(1'769'860'800s);

TEST(HeadAxis, MovesUntilItIsToldToStopOrItsTimeIsOver) {
  HeadAxis axis({-90, 20, 90, false, 0});
  axis.run(-10, noon);
  EXPECT_DOUBLE_EQ(axis.at(noon + 1s), -10);
  EXPECT_DOUBLE_EQ(axis.at(noon - 1s), 0);  // before the command it was there
  axis.halt(noon + 2s);
  EXPECT_DOUBLE_EQ(axis.at(noon + 1min), -20);
  axis.run(10, noon + 2min, noon + 2min + 500ms);
  EXPECT_TRUE(axis.moving(noon + 2min + 499ms));
  EXPECT_FALSE(axis.moving(noon + 2min + 500ms));
  EXPECT_DOUBLE_EQ(axis.at(noon + 3min), -15);
}

TEST(HeadAxis, StopsAtItsLimitAndIsNoFasterThanItCan) {
  HeadAxis axis({-90, 20, 90, false, 0});
  axis.run(1000, noon);
  EXPECT_DOUBLE_EQ(axis.at(noon + 100ms), 9);
  EXPECT_DOUBLE_EQ(axis.at(noon + 1s), 20);
  EXPECT_FALSE(axis.moving(noon + 1s));
  axis.go(-1000, 1000, noon + 1s);
  EXPECT_DOUBLE_EQ(axis.at(noon + 1min), -90);
}

TEST(HeadAxis, EndlessOnesGoTheShorterWayRound) {
  HeadAxis axis({-180, 180, 120, true, 170});
  axis.go(-170, 10, noon);
  EXPECT_DOUBLE_EQ(axis.at(noon + 500ms), 175);
  EXPECT_DOUBLE_EQ(axis.at(noon + 1500ms), -175);
  EXPECT_DOUBLE_EQ(axis.at(noon + 2s), -170);
  EXPECT_FALSE(axis.moving(noon + 2s));
  axis.run(120, noon + 2s);
  EXPECT_TRUE(axis.moving(noon + 24h));
  EXPECT_NEAR(axis.at(noon + 5s), -170, 1e-9);
}

}  // namespace
}  // namespace watchrig::ptz
