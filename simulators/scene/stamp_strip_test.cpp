#include "simulators/scene/stamp_strip.hpp"

#include <gtest/gtest.h>

#include "simulators/scene/street_scene.hpp"
#include "system/media/av_decoder.hpp"
#include "system/media/av_encoder.hpp"

namespace watchrig::scene {
namespace {

constexpr base::UtcTime noon = base::UtcTime(std::chrono::microseconds(1'769'860'800'123'456));

TEST(StampStrip, IsReadBackAtEverySize) {
  const int sizes[][2] = {{64, 48},   {128, 96},  {176, 144},  {352, 288},  {446, 300},
                          {448, 336}, {768, 576}, {1280, 720}, {3840, 2160}};
  for (const auto& [width, height] : sizes)
    for (const std::uint32_t frame : {0U, 1U, 0xffffffffU, 0x5a5aa5a5U}) {
      media::Picture picture(width, height);
      draw_stamp(picture, {frame, noon});
      const auto stamp = read_stamp(picture);
      ASSERT_TRUE(stamp) << width << "x" << height;
      EXPECT_EQ(*stamp, (Stamp{frame, noon}));
      EXPECT_LT(stamp_strip_height(width, height), height / 2);
    }
}

TEST(StampStrip, RefusesPicturesWithoutOne) {
  EXPECT_FALSE(read_stamp(media::Picture(1280, 720)));
  media::Picture white(1280, 720);
  std::fill(white.bytes.begin(), white.bytes.end(), 235);
  EXPECT_FALSE(read_stamp(white));
  EXPECT_FALSE(read_stamp(media::Picture(32, 32)));
  EXPECT_EQ(stamp_strip_height(62, 480), 0);
}

TEST(StampStrip, RefusesAWrongBit) {
  media::Picture picture(352, 288);
  draw_stamp(picture, {77, noon});
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 12; ++x) picture.luma()[y * 352 + x] ^= 0xff;
  EXPECT_FALSE(read_stamp(picture));
}

TEST(StampStrip, LeavesATooSmallPictureAlone) {
  media::Picture picture(16, 16);
  draw_stamp(picture, {1, noon});
  EXPECT_EQ(picture.bytes, media::Picture(16, 16).bytes);
}

struct Case {
  media::Codec codec;
  int width;
  int height;
  std::int64_t bitrate_bps;
};

class StampThroughCodec : public testing::TestWithParam<Case> {};

/// Ten seconds of the street, coded and decoded: every picture still says which one it is.
TEST_P(StampThroughCodec, AllStampsSurvive) {
  const Case& c = GetParam();
  const media::FrameRate rate{25, 1};
  StreetScene street(c.width, c.height, rate, 11);
  auto encoder = media::VideoEncoder::open({c.codec, c.width, c.height, rate, c.bitrate_bps, 50});
  ASSERT_TRUE(encoder) << encoder.error().message;
  auto decoder = media::VideoDecoder::open(encoder->track());
  ASSERT_TRUE(decoder) << decoder.error().message;
  std::uint32_t read = 0;
  for (std::uint32_t frame = 0; frame < 250; ++frame) {
    const base::UtcTime captured = noon + rate.time_of(frame);
    const auto coded = encoder->encode(street.draw(frame, captured));
    ASSERT_TRUE(coded) << coded.error().message;
    EXPECT_EQ(coded->key, c.codec == media::Codec::mjpeg || frame % 50 == 0);
    const auto pictures = decoder->decode(coded->payload, frame);
    ASSERT_TRUE(pictures) << pictures.error().message;
    ASSERT_EQ(pictures->size(), 1U) << "frame " << frame;
    EXPECT_EQ(pictures->front().tag, frame);
    const auto stamp = read_stamp(pictures->front().picture);
    read += stamp == Stamp{frame, captured} ? 1 : 0;
  }
  EXPECT_EQ(read, 250U);
}

INSTANTIATE_TEST_SUITE_P(
    Codecs, StampThroughCodec,
    testing::Values(Case{media::Codec::h264, 352, 288, 256'000}, Case{media::Codec::h265, 352, 288, 256'000},
                    Case{media::Codec::mjpeg, 352, 288, 2'000'000}, Case{media::Codec::h264, 128, 96, 64'000},
                    Case{media::Codec::h265, 128, 96, 64'000}, Case{media::Codec::mjpeg, 128, 96, 512'000}));

}  // namespace
}  // namespace watchrig::scene
