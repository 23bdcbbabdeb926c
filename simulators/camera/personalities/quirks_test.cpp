#include "simulators/camera/personalities/quirks.hpp"

#include <gtest/gtest.h>

namespace watchrig::camera {

TEST(Quirks, SeveralAreReadWithTheirTimes) {
  const auto quirks = Quirks::parse("pull-point-dies=5s, relative-renew-refused");
  ASSERT_TRUE(quirks);
  EXPECT_EQ(quirks->time(quirks::pull_point_dies), std::chrono::seconds(5));
  EXPECT_TRUE(quirks->has(quirks::relative_renew_refused));
  EXPECT_FALSE(quirks->has(quirks::renew_refused));
  EXPECT_EQ(Quirks::parse("pull-point-dies")->time(quirks::pull_point_dies), std::chrono::seconds(10));
  EXPECT_FALSE(Quirks::parse("")->has(quirks::renew_refused));
}

TEST(Quirks, UnknownOnesAreRefused) {
  for (const auto* text : {"grumpy", "pull-point-dies=soon", "renew-refused=5s", "renew-refused,"})
    EXPECT_FALSE(Quirks::parse(text)) << text;
}

}  // namespace watchrig::camera
