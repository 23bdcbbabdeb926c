#include "system/api/talk_desk.hpp"

#include <gmock/gmock.h>

namespace watchrig::api {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct TalkDeskTest : ::testing::Test {
  auto take(const std::string& channel, const std::string& account) {
    return desk->take(channel, {account, base::UtcTime(std::chrono::hours(1))},
                      [this](const std::string& by) { stopped_by.push_back(by); });
  }
  std::shared_ptr<TalkDesk> desk = std::make_shared<TalkDesk>();
  std::vector<std::string> stopped_by;
};

TEST_F(TalkDeskTest, one_at_a_time_talks_to_a_channel) {
  auto ann = take("c1", "ann");
  ASSERT_TRUE(ann);
  const auto ben = take("c1", "ben"), again = take("c1", "ann");
  ASSERT_FALSE(ben);
  EXPECT_EQ(ben.error().kind, base::ErrorKind::conflict);
  EXPECT_THAT(ben.error().message, AllOf(HasSubstr("\"ann\""), HasSubstr("1970-01-01T01:00:00Z")));
  EXPECT_FALSE(again) << "from another window";
  EXPECT_TRUE(take("c2", "ben"));
  ASSERT_TRUE(desk->talker("c1"));
  EXPECT_EQ(desk->talker("c1")->account, "ann");
  ann->reset();
  EXPECT_FALSE(desk->talker("c1"));
  EXPECT_TRUE(take("c1", "ben"));
}

TEST_F(TalkDeskTest, who_talks_is_told_once_to_stop) {
  EXPECT_FALSE(desk->stop("c1", "ben"));
  const auto ann = take("c1", "ann");
  EXPECT_TRUE(desk->stop("c1", "ben"));
  EXPECT_TRUE(desk->stop("c1", "cid")) << "it goes on until it has ended";
  EXPECT_THAT(stopped_by, ElementsAre("ben"));
  EXPECT_TRUE(desk->talker("c1"));
}

}  // namespace
}  // namespace watchrig::api
