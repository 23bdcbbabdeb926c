#include "simulators/kernel/fault_board.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace watchrig::kernel {
namespace {

using std::chrono::seconds;

Fault lose(std::optional<base::Duration> lasts = std::nullopt) {
  Fault fault;
  fault.verb = Verb::lose;
  fault.rate = 0.5;
  fault.lasts = lasts;
  return fault;
}

struct FaultBoardTest : testing::Test {
  base::ManualClock clock{base::UtcTime(seconds(1000))};
  FaultBoard board{clock};
};

TEST_F(FaultBoardTest, NamesFaultsAndKnowsTheirEnd) {
  const auto first = board.begin(lose(seconds(5)));
  const auto second = board.begin(lose());
  EXPECT_EQ(first->id, "f1");
  EXPECT_EQ(second->id, "f2");
  EXPECT_EQ(first->end, clock.now() + seconds(5));
  EXPECT_FALSE(second->end);
  EXPECT_EQ(board.active().size(), 2U);
}

TEST_F(FaultBoardTest, LateEndIsRecordedAtTheTimeItWasGiven) {
  const auto fault = *board.begin(lose(seconds(5)));
  clock.advance(seconds(7));
  EXPECT_TRUE(board.end(fault.id));
  const auto happened = board.to_json().at("happened").as_array();
  ASSERT_EQ(happened.size(), 2U);
  EXPECT_EQ(happened[1].at("time"), "1970-01-01T00:16:45.000000000Z");
  EXPECT_EQ(happened[1].at("what"), "end");
}

TEST_F(FaultBoardTest, EarlyWithdrawalCutsTheEnd) {
  const auto fault = *board.begin(lose(seconds(5)));
  clock.advance(seconds(2));
  EXPECT_TRUE(board.end(fault.id));
  EXPECT_EQ(board.remembered().at(0).end, clock.now());
  EXPECT_FALSE(board.end(fault.id)) << "a fault ends once";
  EXPECT_TRUE(board.active().empty());
}

TEST_F(FaultBoardTest, EndedFaultIsRememberedForWhatIsOnItsWay) {
  const auto fault = *board.begin(lose());
  const auto before = board.version();
  clock.advance(seconds(1));
  board.end(fault.id);
  EXPECT_NE(board.version(), before);
  EXPECT_TRUE(board.remembered().at(0).covers("main", clock.now() - seconds(1)));
  EXPECT_FALSE(board.remembered().at(0).covers("main", clock.now()));
  clock.advance(FaultBoard::afterlife + seconds(1));
  EXPECT_TRUE(board.remembered().empty());
}

TEST_F(FaultBoardTest, RefusesMoreThanItsLimitUntilOneEnds) {
  for (std::size_t i = 0; i < FaultBoard::max_active; ++i) ASSERT_TRUE(board.begin(lose()));
  const auto refused = board.begin(lose());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::full);
  board.end("f1");
  EXPECT_TRUE(board.begin(lose()));
}

TEST_F(FaultBoardTest, ScheduleIsBoundedAndSaysWhatItForgot) {
  const auto fault = *board.begin(lose());
  for (std::size_t i = 0; i < FaultBoard::max_happened; ++i) board.note(fault, "again");
  const auto json = board.to_json();
  EXPECT_EQ(json.at("happened").as_array().size(), FaultBoard::max_happened);
  EXPECT_EQ(json.at("forgotten"), 1);
}

}  // namespace
}  // namespace watchrig::kernel
