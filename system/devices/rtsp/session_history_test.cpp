#include "system/devices/rtsp/session_history.hpp"

#include <gmock/gmock.h>

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const base::UtcTime start = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

class SessionHistoryTest : public ::testing::Test {
 protected:
  void ends(base::Duration age, const std::string& method = "GET_PARAMETER", bool by_device = true) {
    history.ended({age, by_device, method, unanswered, false, 60s}, start);
  }
  std::vector<std::string> told;
  bool unanswered = false;
  SessionHistory history{[this](std::string_view name, const std::string&) { told.emplace_back(name); }};
};

TEST_F(SessionHistoryTest, SessionsThatEndAtTheSameAgeAreBegunAnewAtOnce) {
  ends(14s);
  EXPECT_FALSE(history.ended_as_usual());
  ends(14200ms);
  EXPECT_TRUE(history.ended_as_usual());
  EXPECT_THAT(told, ElementsAre("session-dies"));
  ends(3s);
  EXPECT_FALSE(history.ended_as_usual());
}

TEST_F(SessionHistoryTest, SessionsThatFallSilentAtTheSameAgeAreNotWaitedForUnlessOneLives) {
  const auto falls_silent = [&](base::Duration age) {
    history.ended({age, false, "OPTIONS", false, true, 60s}, start);
    return history.falls_silent();
  };
  EXPECT_FALSE(falls_silent(14s));
  EXPECT_TRUE(falls_silent(14s));
  EXPECT_TRUE(history.ended_as_usual());
  EXPECT_THAT(told, ElementsAre("session-goes-silent"));
  history.lives(42s);
  EXPECT_TRUE(history.falls_silent());
  history.lives(43s);
  EXPECT_FALSE(history.falls_silent());
}

TEST_F(SessionHistoryTest, LossesAtRandomOrAtOnceAreNoPattern) {
  for (const auto age : {40s, 12s, 25s, 90s}) ends(age);
  for (int i = 0; i < 5; ++i) ends(1900ms);
  ends(14s, "OPTIONS", false);
  ends(14s, "OPTIONS", false);
  EXPECT_FALSE(history.ended_as_usual());
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(SessionHistoryTest, TheOtherWayToKeepASessionIsTriedAndToldOnceItIsSeenToHelp) {
  ends(61s, "OPTIONS");
  EXPECT_EQ(history.keep_alive(), "GET_PARAMETER");
  history.lives(100s);
  EXPECT_THAT(told, IsEmpty());
  history.lives(104s);
  EXPECT_THAT(told, ElementsAre("keep-alive-by-get-parameter"));
  ends(500s, "GET_PARAMETER", false);
  EXPECT_EQ(history.keep_alive(), "GET_PARAMETER");
}

TEST_F(SessionHistoryTest, AWayThatDoesNotHelpIsGivenUp) {
  ends(61s, "OPTIONS");
  ends(62s, "GET_PARAMETER");
  EXPECT_EQ(history.keep_alive(), "");
  ends(61s, "OPTIONS");
  EXPECT_TRUE(history.ended_as_usual());
  EXPECT_THAT(told, ElementsAre("session-dies"));
}

TEST_F(SessionHistoryTest, AConnectionThatEndsUponGetParameterIsKeptByOptions) {
  unanswered = true;
  ends(30s);
  EXPECT_EQ(history.keep_alive(), "OPTIONS");
  history.lives(60s);
  EXPECT_THAT(told, ElementsAre("get-parameter-closes"));
}

TEST_F(SessionHistoryTest, RefusalsOfTheRightPasswordAreToldUnlessItMayHaveBeenChanged) {
  for (int i = 0; i < 3; ++i) history.denied(start);
  history.began(start + 2min);
  EXPECT_THAT(told, ElementsAre("unauthorized-storm"));
  history.denied(start);
  history.began(start + 121s);
  history.began(start + 200s);
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(SessionHistoryTest, NoRoomIsBlamedOnSessionsThatEndedLately) {
  EXPECT_FALSE(history.has_no_room(start));
  ends(14s);
  EXPECT_FALSE(history.has_no_room(start + 121s));
  EXPECT_TRUE(history.has_no_room(start + 2min));
  EXPECT_THAT(told, ElementsAre("teardown-ignored"));
}

}  // namespace
}  // namespace watchrig::devices
