#include "scenarios/engine/moment.hpp"

#include <gtest/gtest.h>

namespace watchrig::scenarios {
namespace {

using namespace std::chrono_literals;

TEST(Moment, IsANameWithAnOffset) {
  EXPECT_EQ(parse_moment("cut")->name, "cut");
  EXPECT_EQ(parse_moment("cut")->offset, 0s);
  EXPECT_EQ(parse_moment("cut+2s")->offset, 2s);
  EXPECT_EQ(parse_moment("now-500ms")->offset, -500ms);
}

TEST(Moment, HyphensAndDotsBelongToNames) {
  EXPECT_EQ(parse_moment("kill-and-return")->name, "kill-and-return");
  EXPECT_EQ(parse_moment("recording.resumed-1.5s")->name, "recording.resumed");
  EXPECT_EQ(parse_moment("recording.resumed-1.5s")->offset, -1500ms);
}

TEST(Moment, RefusesWhatIsNeither) {
  for (const auto* bad : {"", "two words", "cut+2", "cut+2x", "cut+2s+3s"})
    EXPECT_FALSE(parse_moment(bad)) << bad;
}

}  // namespace
}  // namespace watchrig::scenarios
