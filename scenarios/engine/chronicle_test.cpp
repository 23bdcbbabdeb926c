#include "scenarios/engine/chronicle.hpp"

#include <gmock/gmock.h>

namespace watchrig::scenarios {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

base::UtcTime at(base::Duration time) { return base::UtcTime{time}; }

TEST(Chronicle, ResolvesTheLatestTimeOfAMark) {
  Chronicle chronicle;
  chronicle.mark("cut", at(5s));
  chronicle.mark("cut", at(9s));
  chronicle.mark("cut", at(7s));
  EXPECT_EQ(*chronicle.resolve({"cut", -1s}, at(1s), at(20s)), at(8s));
  EXPECT_EQ(*chronicle.resolve({"now", 1s}, at(1s), at(20s)), at(21s));
  EXPECT_EQ(*chronicle.resolve({"begin", 0s}, at(1s), at(20s)), at(1s));
  EXPECT_THAT(chronicle.resolve({"kill", 0s}, at(1s), at(20s)).error().message,
              HasSubstr("only begin, now, cut"));
}

TEST(Chronicle, MeasuresFromEachStartToWhatFollowsIt) {
  EXPECT_THAT(intervals({at(10s), at(20s)}, {at(1s), at(11s), at(12s), at(23s)}), ElementsAre(1, 2, 3));
  EXPECT_THAT(intervals({at(10s)}, {}), IsEmpty());
  EXPECT_THAT(intervals({}, {at(10s)}), IsEmpty());
}

TEST(Chronicle, KeepsTheTimelineInOrderOfTime) {
  Chronicle chronicle;
  chronicle.add({.lane = "events", .text = "late", .begin = at(2s), .end = {}, .detail = ""});
  chronicle.add({.lane = "events", .text = "early", .begin = at(1s), .end = {}, .detail = ""});
  EXPECT_EQ(chronicle.timeline().front().text, "early");
}

}  // namespace
}  // namespace watchrig::scenarios
