#include "simulators/scene/stream_profile.hpp"

#include <gtest/gtest.h>

namespace watchrig::scene {
namespace {

TEST(StreamProfile, ReadsVideo) {
  const auto profile = parse_profile("h264 1280x720@25 2Mbps");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->codec, media::Codec::h264);
  EXPECT_EQ(profile->width, 1280);
  EXPECT_EQ(profile->height, 720);
  EXPECT_EQ(profile->rate, (media::FrameRate{25, 1}));
  EXPECT_EQ(profile->bitrate_bps, 2'000'000);
  EXPECT_EQ(profile->gop, 50);
}

TEST(StreamProfile, ReadsFractionsOfFrames) {
  EXPECT_EQ(parse_profile("h265 640x480@29.97 512kbps")->rate, (media::FrameRate{30000, 1001}));
  EXPECT_EQ(parse_profile("h265 640x480@12.5 512kbps")->rate, (media::FrameRate{25, 2}));
  EXPECT_FALSE(parse_profile("h265 640x480@12.3 512kbps"));
}

TEST(StreamProfile, TextIsReadBackToTheSame) {
  for (const char* text :
       {"h264 1280x720@25 2Mbps", "h265 352x288@10 256kbps gop=7", "h264 352x288@10 1Mbps quality=60 gop=7",
        "mjpeg 640x480@5 1Mbps quality=1", "mjpeg 640x480@12.5 1.5Mbps", "h264 3840x2160@29.97 100Mbps",
        "passthrough", "pcmu", "pcma", "aac", "aac 48kHz 64kbps", "aac 16kHz 48kbps",
        "h264 176x144@1 16.5kbps"}) {
    const auto profile = parse_profile(text);
    ASSERT_TRUE(profile) << profile.error().message;
    const auto again = parse_profile(to_string(*profile));
    ASSERT_TRUE(again) << to_string(*profile);
    EXPECT_EQ(*again, *profile) << text;
  }
}

TEST(StreamProfile, TakesTheLimitsAndNothingBeyond) {
  EXPECT_TRUE(parse_profile("h264 16x16@1 16kbps gop=1"));
  EXPECT_TRUE(parse_profile("h264 7680x4320@120 100Mbps gop=1000"));
  EXPECT_TRUE(parse_profile("mjpeg 2040x2040@5 1Mbps"));
  EXPECT_EQ(parse_profile("h264 16x16@1 16kbps gop=1 quality=100")->quality, 100);
  for (const char* text : {"",
                           "  ",
                           "h264",
                           "h264 1280x720@25",
                           "vp9 1280x720@25 2Mbps",
                           "h264 14x16@25 2Mbps",
                           "h264 7682x4320@25 2Mbps",
                           "h264 1281x720@25 2Mbps",
                           "h264 1280x720@0 2Mbps",
                           "h264 1280x720@121 2Mbps",
                           "h264 1280x720@120.5 2Mbps",
                           "h264 1280x720@25 15kbps",
                           "h264 1280x720@25 101Mbps",
                           "h264 1280x720@25 2",
                           "h264 1280x720@25 nanMbps",
                           "h264 1280x720@25 -2Mbps",
                           "h264 1280x720@25 1e300Mbps",
                           "h264 1280x720@25 2Mbps quality=0",
                           "h264 1280x720@25 2Mbps quality=101",
                           "h264 1280x720@25 2Mbps gop=0",
                           "h264 1280x720@25 2Mbps gop=1001",
                           "h264 1280x720@25 2Mbps gop",
                           "h264 1280x720@25 2Mbps gop=5 x",
                           "h264 99999999999x720@25 2Mbps",
                           "mjpeg 2048x720@5 1Mbps",
                           "mjpeg 642x480@5 1Mbps",
                           "pcmu 8000",
                           "aac 44kHz 64kbps",
                           "aac 48kHz",
                           "passthrough 1280x720@25"})
    EXPECT_FALSE(parse_profile(text)) << text;
}

TEST(StreamProfile, SaysWhichPartIsWrong) {
  EXPECT_EQ(parse_profile("h264 1280x720@500 2Mbps").error().message,
            "profile \"h264 1280x720@500 2Mbps\": frame rate \"500\": 1 to 120, such as 25, 12.5 or 29.97");
}

}  // namespace
}  // namespace watchrig::scene
