#include <random>

#include <gtest/gtest.h>

#include "system/media/av_decoder.hpp"
#include "system/media/av_encoder.hpp"
#include "system/media/parameter_sets.hpp"
#include "system/media/testing/coded_units.hpp"

namespace watchrig::media {
namespace {

class VideoCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, VideoCodec, testing::Values(Codec::h264, Codec::h265, Codec::mjpeg));

TEST_P(VideoCodec, HoldsTheBitRate) {
  const std::int64_t bitrate = GetParam() == Codec::mjpeg ? 1'000'000 : 500'000;
  auto encoder = VideoEncoder::open({GetParam(), 352, 288, {25, 1}, bitrate, 50}).value();
  double bits = 0;
  for (int frame = 0; frame < 250; ++frame) {
    const auto coded = encoder.encode(moving_picture(352, 288, frame)).value();
    if (frame >= 125) bits += double(coded.payload.size()) * 8;
  }
  EXPECT_NEAR(bits / 5, double(bitrate), double(bitrate) * 0.15);
}

TEST_P(VideoCodec, QualityDecidesAVaryingBitRateUpToTheHighestAllowed) {
  const auto bits_per_second = [](int quality, std::int64_t bitrate) {
    auto encoder = VideoEncoder::open({GetParam(), 352, 288, {25, 1}, bitrate, 50, quality}).value();
    double bits = 0;
    for (int frame = 0; frame < 150; ++frame) {
      const auto coded = encoder.encode(moving_picture(352, 288, frame)).value();
      if (frame >= 50) bits += double(coded.payload.size()) * 8;
    }
    return bits / 4;
  };
  constexpr std::int64_t plenty = 40'000'000;
  const double low = bits_per_second(10, plenty);
  const double high = bits_per_second(90, plenty);
  EXPECT_LT(2 * low, high);
  EXPECT_LT(high, 0.9 * plenty);
  const auto limit = static_cast<std::int64_t>(0.7 * high);
  EXPECT_LT(bits_per_second(90, limit), 1.15 * double(limit));
}

class NalCodec : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, NalCodec, testing::Values(Codec::h264, Codec::h265));

TEST_P(NalCodec, MakesWholeLengthPrefixedPayloadsWithParameterSetsAtKeyPictures) {
  const CodedStream stream = coded_video(GetParam(), 60, {});
  for (std::size_t i = 0; i < stream.units.size(); ++i) {
    const AccessUnit& unit = stream.units[i];
    NalReader reader(unit.payload);
    while (reader.next()) {
    }
    EXPECT_TRUE(reader.whole());
    EXPECT_EQ(unit.key, i % 25 == 0);
    EXPECT_EQ(unit.key, is_key(unit.codec, unit.payload));
    EXPECT_EQ(find_parameter_sets(unit.codec, unit.payload), unit.key ? stream.track.config : base::Bytes{});
  }
}

TEST_P(VideoCodec, ForcesAKeyPicture) {
  auto encoder = VideoEncoder::open({GetParam(), 192, 144, {25, 1}, 400'000, 500}).value();
  for (int frame = 0; frame < 20; ++frame) {
    const auto coded = encoder.encode(moving_picture(192, 144, frame), frame == 13).value();
    EXPECT_EQ(coded.key, GetParam() == Codec::mjpeg || frame == 0 || frame == 13) << frame;
  }
}

TEST_P(VideoCodec, DecodedPictureResemblesTheOriginal) {
  auto encoder = VideoEncoder::open({GetParam(), 192, 144, {25, 1}, 4'000'000, 50}).value();
  auto decoder = VideoDecoder::open(encoder.track()).value();
  const Picture original = moving_picture(192, 144, 0);
  const auto pictures = decoder.decode(encoder.encode(original)->payload, 42).value();
  ASSERT_EQ(pictures.size(), 1U);
  EXPECT_EQ(pictures[0].tag, 42);
  double difference = 0;
  for (std::size_t i = 0; i < original.bytes.size(); ++i)
    difference += std::abs(int(original.bytes[i]) - int(pictures[0].picture.bytes[i]));
  EXPECT_LT(difference / double(original.bytes.size()), 4);
}

TEST_P(VideoCodec, DecoderSurvivesHostileBytes) {
  const CodedStream stream = coded_video(GetParam(), 30, {});
  auto decoder = VideoDecoder::open(stream.track).value();
  std::mt19937 random(5);
  for (int round = 0; round < 10; ++round)
    for (const AccessUnit& unit : stream.units) {
      base::Bytes payload = unit.payload;
      for (int harm = 0; harm < 5; ++harm)
        payload[random() % payload.size()] ^= static_cast<std::uint8_t>(random());
      payload.resize(payload.size() - random() % payload.size() / 2);
      (void)decoder.decode(payload);
    }
  (void)decoder.decode({});
  ASSERT_TRUE(decoder.flush());
  // And works again afterwards.
  EXPECT_EQ(decoder.decode(stream.units[0].payload)->size(), 1U);
}

TEST(VideoEncoder, RefusesWhatItCannotEncode) {
  const VideoEncoderSettings good{Codec::h264, 192, 144, {25, 1}, 400'000, 50};
  auto bad = good;
  bad.width = 191;
  EXPECT_EQ(VideoEncoder::open(bad).error().kind, base::ErrorKind::invalid);
  bad = good;
  bad.codec = Codec::aac;
  EXPECT_FALSE(VideoEncoder::open(bad));
  bad = good;
  bad.rate = {0, 1};
  EXPECT_FALSE(VideoEncoder::open(bad));
  bad = good;
  bad.quality = 101;
  EXPECT_FALSE(VideoEncoder::open(bad));
  bad = {Codec::mjpeg, 3840, 2160, {25, 1}, 400'000, 50};
  EXPECT_FALSE(VideoEncoder::open(bad));
  auto encoder = VideoEncoder::open(good).value();
  EXPECT_EQ(encoder.encode(Picture(64, 64)).error().kind, base::ErrorKind::invalid);
}

TEST(AudioEncoder, GivesFramesOfItsCodec) {
  auto pcmu = AudioEncoder::open({Codec::pcmu, 8000, 1}).value();
  EXPECT_EQ(pcmu.frame_samples(), 160);
  EXPECT_EQ(pcmu.encode(std::vector<std::int16_t>(160))->size(), 160U);
  EXPECT_FALSE(pcmu.encode(std::vector<std::int16_t>(159)));
  auto aac = AudioEncoder::open({Codec::aac, 16000, 2, 64'000}).value();
  EXPECT_EQ(aac.frame_samples(), 1024);
  EXPECT_EQ(aac.track().config.size() >= 2, true);
  std::size_t coded = 0;
  for (int i = 0; i < 10; ++i) coded += aac.encode(std::vector<std::int16_t>(2048))->empty() ? 0 : 1;
  EXPECT_GE(coded, 8U);
  EXPECT_FALSE(AudioEncoder::open({Codec::aac, 12345, 1}));
  EXPECT_FALSE(AudioEncoder::open({Codec::h264, 8000, 1}));
}

TEST(Picture, IsScaledAndBecomesAStill) {
  const Picture picture = moving_picture(192, 144, 3);
  const auto small = scale(picture, 96, 72);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->bytes.size(), 96U * 72U * 3U / 2U);
  EXPECT_FALSE(scale(picture, 95, 72));
  EXPECT_FALSE(scale(Picture(), 96, 72));
  const auto png = encode_still(picture, StillFormat::png);
  ASSERT_TRUE(png);
  EXPECT_EQ((*png)[1], 'P');
  const auto jpeg = encode_still(picture, StillFormat::jpeg);
  ASSERT_TRUE(jpeg);
  EXPECT_EQ((*jpeg)[0], 0xff);
  EXPECT_FALSE(encode_still(Picture(), StillFormat::png));
}

}  // namespace
}  // namespace watchrig::media
