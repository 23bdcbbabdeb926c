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

TEST(Quirks, ClocksMayBeBehindAndNumbersAreCounted) {
  EXPECT_EQ(Quirks::parse("rtcp-clock-wrong=-90s")->time(quirks::rtcp_clock_wrong),
            -std::chrono::seconds(90));
  EXPECT_EQ(Quirks::parse("digest-stale-each=1000")->count(quirks::digest_stale_each), 1000U);
  EXPECT_EQ(Quirks::parse("unauthorized-storm")->count(quirks::unauthorized_storm), 3U);
  EXPECT_EQ(Quirks::parse("")->count(quirks::unauthorized_storm), 0U);
}

TEST(Quirks, ThoseOfServicesNeedOnvif) {
  EXPECT_EQ(Quirks::parse("no-marker,renew-refused")->needs_onvif(), quirks::renew_refused);
  EXPECT_EQ(Quirks::parse("no-marker,session-dies")->needs_onvif(), "");
}

TEST(Quirks, UnknownOnesAreRefused) {
  for (const auto* text :
       {"grumpy", "pull-point-dies=soon", "renew-refused=5s", "renew-refused,", "session-dies=-5s",
        "session-dies=0s", "session-dies=", "digest-stale-each=0", "digest-stale-each=1001", "no-marker=2"})
    EXPECT_FALSE(Quirks::parse(text)) << text;
}

}  // namespace watchrig::camera
