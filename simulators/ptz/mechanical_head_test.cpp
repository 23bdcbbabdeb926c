#include "simulators/ptz/mechanical_head.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::ptz {
namespace {

using namespace std::chrono_literals;

struct MechanicalHeadTest : ::testing::Test {
  base::ManualClock clock{base::UtcTime(1'769'860'800s)};
  MechanicalHead head{{}, clock};

  void keep_at(unsigned number, double pan) {
    head.go(HeadMotor::pan, pan, 1);
    clock.advance(1min);
    ASSERT_TRUE(head.keep_preset(number, "p"));
  }
};

TEST_F(MechanicalHeadTest, StopsByItselfWhenALifeWasGiven) {
  head.run(HeadMotor::pan, 0.5, 1s);
  clock.advance(1h);
  EXPECT_DOUBLE_EQ(head.position().pan, 60);
  EXPECT_FALSE(head.moving(HeadMotor::pan));
}

TEST_F(MechanicalHeadTest, PresetsAreKeptOverwrittenAndLimited) {
  keep_at(3, 40);
  keep_at(3, 50);
  keep_at(4, 0);
  ASSERT_TRUE(head.go_to_preset(3, 1));
  clock.advance(1min);
  EXPECT_DOUBLE_EQ(head.position().pan, 50);
  for (unsigned number = 1; number <= 128; ++number) EXPECT_TRUE(head.keep_preset(number, ""));
  EXPECT_EQ(head.keep_preset(129, "").error().kind, base::ErrorKind::full);
  EXPECT_EQ(head.keep_preset(0, "").error().kind, base::ErrorKind::full);
  ASSERT_TRUE(head.forget_preset(7));
  EXPECT_EQ(*head.keep_preset(0, ""), 7U);
  EXPECT_FALSE(head.go_to_preset(200, 1));
}

TEST_F(MechanicalHeadTest, ATourVisitsItsSpotsInOrderAndStaysThere) {
  keep_at(1, 0);
  keep_at(2, 60);
  ASSERT_TRUE(head.go_to_preset(1, 1));
  clock.advance(1min);
  const auto tour = *head.make_tour();
  EXPECT_FALSE(head.start_tour(tour));
  HeadTour round;
  round.spots = {{1, {}, 1, 2s}, {2, {}, 0.5, 3s}};
  ASSERT_TRUE(head.change_tour(tour, round));
  const auto begin = clock.now();
  ASSERT_TRUE(head.start_tour(tour));
  clock.advance(2500ms);  // 2 s at the first, then on the way at 60 degrees a second
  EXPECT_DOUBLE_EQ(head.position().pan, 30);
  clock.advance(1s);
  EXPECT_DOUBLE_EQ(head.position().pan, 60);
  clock.advance(10min);  // nobody has asked meanwhile
  const auto visits = head.visits();
  ASSERT_GT(visits.size(), 100U);
  EXPECT_EQ(visits[0].arrives, begin);
  EXPECT_EQ(visits[1].arrives, begin + 3s);
  EXPECT_EQ(visits[2].arrives, begin + 6500ms);
  EXPECT_EQ(visits[2].preset, 1U);
  EXPECT_EQ(head.tour_state(tour), MechanicalHead::TourState::touring);
  head.halt(HeadMotor::pan);
  EXPECT_EQ(head.tour_state(tour), MechanicalHead::TourState::idle);
  const auto still = head.position().pan;
  clock.advance(1h);
  EXPECT_DOUBLE_EQ(head.position().pan, still);
}

TEST_F(MechanicalHeadTest, ToursPauseEndAndAreLimited) {
  keep_at(1, 0);
  keep_at(2, 60);
  const auto tour = *head.make_tour();
  HeadTour round;
  round.spots = {{1, {}, 1, 2s}, {2, {}, 1, 2s}};
  round.rounds = 2;
  ASSERT_TRUE(head.change_tour(tour, round));
  EXPECT_EQ(head.pause_tour(tour).error().kind, base::ErrorKind::conflict);
  ASSERT_TRUE(head.start_tour(tour));
  ASSERT_TRUE(head.pause_tour(tour));
  clock.advance(1h);
  EXPECT_EQ(head.tour_state(tour), MechanicalHead::TourState::paused);
  ASSERT_TRUE(head.start_tour(tour));
  clock.advance(1h);
  EXPECT_EQ(head.tour_state(tour), MechanicalHead::TourState::idle);
  for (unsigned n = 2; n <= 128; ++n) EXPECT_TRUE(head.make_tour());
  EXPECT_EQ(head.make_tour().error().kind, base::ErrorKind::full);
}

TEST_F(MechanicalHeadTest, ZoomNarrowsTheViewAndAuxiliariesSwitch) {
  EXPECT_DOUBLE_EQ(head.view_degrees(0), 60);
  EXPECT_DOUBLE_EQ(head.view_degrees(1), 3);
  EXPECT_TRUE(head.switch_auxiliary("Wiper", true));
  EXPECT_FALSE(head.switch_auxiliary("Toaster", true));
  EXPECT_TRUE(head.auxiliaries().at("Wiper"));
}

}  // namespace
}  // namespace watchrig::ptz
