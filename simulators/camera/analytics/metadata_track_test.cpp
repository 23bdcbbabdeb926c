#include "simulators/camera/analytics/metadata_track.hpp"

#include <gtest/gtest.h>

#include "simulators/camera/testing/sample_trains.hpp"

namespace watchrig::camera {
namespace {

/// The metadata of a stream that is told of events alone.
struct MetadataTrackTest : ::testing::Test {
  MetadataTrackTest() {
    MetadataWish wish;
    wish.objects = false;
    wish.events = true;
    analytics->set_wish(wish);
  }
  /// Bytes of the document for the next picture that is analysed; 0: there is none.
  std::size_t next() {
    scene::EncodedUnit picture;
    picture.index = pictures;
    picture.captured = testing::captured_at(pictures);
    pictures += 5;
    const auto unit = track.next(picture);
    return unit ? unit->bytes : 0;
  }
  std::shared_ptr<VideoAnalytics> analytics = std::make_shared<VideoAnalytics>(VideoAnalytics::Form{});
  MetadataTrack track{{analytics, "main", true, 1, 7, testing::sample_grid(), 640, 360}};
  std::uint64_t pictures = 0;
};

TEST_F(MetadataTrackTest, WhatHappensWhileItIsNotOfferedIsNoNewsLater) {
  EXPECT_EQ(next(), 0U);
  analytics->tell("main", "<one/>");
  EXPECT_NE(next(), 0U);
  analytics->set_profile("main", {false, true});
  analytics->tell("main", "<two/>");
  EXPECT_EQ(next(), 0U);
  analytics->set_profile("main", {true, true});
  EXPECT_EQ(next(), 0U);
  analytics->tell("main", "<three/>");
  EXPECT_NE(next(), 0U);
}

TEST(VideoAnalytics, CountsAnewForARuleThatIsMadeAnew) {
  VideoAnalytics analytics{VideoAnalytics::Form{}};
  const auto field = [](const char* name) {
    return AnalyticsRule{name, AnalyticsRule::Kind::field, "Any", {}, {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}};
  };
  analytics.set_rules({field("court"), field("yard")});
  analytics.judge({{1, scene::ObjectClass::person, {100, 100, 20, 40}, "", ""}}, 640, 360, {});
  EXPECT_EQ(analytics.findings(), (std::map<std::string, std::uint64_t>{{"court", 1}, {"yard", 1}}));
  analytics.set_rules({field("yard")});
  analytics.set_rules({field("court"), field("yard")});
  EXPECT_EQ(analytics.findings(), (std::map<std::string, std::uint64_t>{{"yard", 1}}));
}

}  // namespace
}  // namespace watchrig::camera
