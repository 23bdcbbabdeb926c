#include "system/media/parameter_sets.hpp"

#include <gtest/gtest.h>

#include "system/base/base64.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using testing::length_prefixed;

TEST(ParameterSets, ReadsTheSpsOfOtherEncoders) {
  struct Case {
    Codec codec;
    base::Bytes sps;
    int width, height;
    const char* text;
  };
  const Case cases[] = {
      {Codec::h264, testing::h264_sps(), 160, 96, "avc1.64000d"},
      {Codec::h265, testing::h265_sps(), 160, 96, "hvc1.1.6.L60.90"},
      // 1920x1080 is coded as 1088 rows and cropped; a Baseline camera SPS from the field.
      {Codec::h264, *base::from_base64("Z0IAKeKQDwBE/LgLcBAQGkHiRFQ="), 1920, 1080, "avc1.420029"},
  };
  for (const Case& c : cases) {
    const auto sps = parse_sps(c.codec, c.sps);
    ASSERT_TRUE(sps) << sps.error().message;
    EXPECT_EQ(sps->width, c.width) << c.text;
    EXPECT_EQ(sps->height, c.height) << c.text;
    EXPECT_EQ(sps->codec_string, c.text);
  }
}

TEST(ParameterSets, EveryTruncatedSpsIsAnErrorOrASize) {
  for (const Codec codec : {Codec::h264, Codec::h265}) {
    const base::Bytes sps = codec == Codec::h264 ? testing::h264_sps() : testing::h265_sps();
    EXPECT_FALSE(parse_sps(codec, {}));
    EXPECT_FALSE(parse_sps(codec, base::ByteView(sps).first(6)));
    for (std::size_t size = 0; size < sps.size(); ++size) {
      const auto info = parse_sps(codec, base::ByteView(sps).first(size));
      if (info) {
        EXPECT_EQ(info->width, 160);
      }
    }
  }
  EXPECT_FALSE(parse_sps(Codec::h264, base::Bytes(400, 0)));
  EXPECT_FALSE(parse_sps(Codec::h265, base::Bytes(400, 0xff)));
}

TEST(ParameterSets, FindsThemInOrderAndOnce) {
  const base::Bytes payload =
      length_prefixed({testing::h265_pps(), testing::h265_sps(), testing::h265_vps(), testing::h265_sps(),
                       testing::slice(Codec::h265, true, true, 10)});
  EXPECT_EQ(find_parameter_sets(Codec::h265, payload),
            length_prefixed({testing::h265_vps(), testing::h265_sps(), testing::h265_pps()}));
  EXPECT_TRUE(find_parameter_sets(Codec::h264, length_prefixed({testing::h264_sps()})).empty());
}

TEST(ParameterSets, UpdateSetsTheSizeOnlyWhenTheyDiffer) {
  Track track = testing::track_of(Codec::h264);
  const base::Bytes payload = testing::picture(Codec::h264, true, 100);
  EXPECT_TRUE(update_parameter_sets(track, payload));
  EXPECT_EQ(track.width, 160);
  EXPECT_FALSE(update_parameter_sets(track, payload));
  EXPECT_FALSE(update_parameter_sets(track, testing::picture(Codec::h264, false, 100)));
  EXPECT_EQ(codec_string(track).value(), "avc1.64000d");
}

TEST(ParameterSets, KeyPictures) {
  const base::Bytes delta = testing::slice(Codec::h264, false, true, 20);
  const base::Bytes recovery{6, 6, 1, 0xc0, 0x80}, other_sei{6, 5, 1, 0xc0, 0x80},
      late_recovery{6, 6, 1, 0x60, 0x80};
  EXPECT_TRUE(is_key(Codec::h264, testing::picture(Codec::h264, true, 20)));
  EXPECT_TRUE(is_key(Codec::h265, testing::picture(Codec::h265, true, 20)));
  EXPECT_FALSE(is_key(Codec::h264, length_prefixed({delta})));
  EXPECT_TRUE(is_key(Codec::h264, length_prefixed({recovery, delta})));
  EXPECT_FALSE(is_key(Codec::h264, length_prefixed({other_sei, delta})));
  EXPECT_FALSE(is_key(Codec::h264, length_prefixed({late_recovery, delta})));
  EXPECT_FALSE(is_key(Codec::h264, length_prefixed({testing::h264_sps(), testing::h264_pps()})));
  EXPECT_TRUE(is_key(Codec::pcmu, base::Bytes{1}));
}

TEST(ParameterSets, NalReaderStopsAtALengthThatLeavesThePayload) {
  base::Bytes payload = length_prefixed({{1, 2}, {}, {3}});
  NalReader reader(payload);
  EXPECT_TRUE(reader.next());
  EXPECT_TRUE(reader.next());
  EXPECT_EQ(reader.nal()[0], 3);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.whole());
  payload[3] = 200;
  NalReader broken(payload);
  EXPECT_FALSE(broken.next());
  EXPECT_FALSE(broken.whole());
}

TEST(ParameterSets, AnnexBThereAndBack) {
  const base::Bytes annexb{9, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x68, 5, 0, 0, 0, 0, 1, 0x65, 0, 0, 3, 1};
  const base::Bytes payload = annexb_to_length_prefixed(annexb);
  EXPECT_EQ(payload, length_prefixed({{0x67}, {0x68, 5}, {0x65, 0, 0, 3, 1}}));
  EXPECT_EQ(annexb_to_length_prefixed(length_prefixed_to_annexb(payload)), payload);
  EXPECT_TRUE(annexb_to_length_prefixed(base::Bytes{1, 2, 3, 4}).empty());
}

TEST(ParameterSets, CodecStringsOfAudioAndOfTracksWithoutSets) {
  EXPECT_EQ(codec_string(testing::track_of(Codec::aac)).value(), "mp4a.40.2");
  EXPECT_EQ(codec_string(testing::track_of(Codec::pcma)).value(), "alaw");
  EXPECT_EQ(codec_string(testing::track_of(Codec::h264)).error().kind, base::ErrorKind::invalid);
}

}  // namespace
}  // namespace watchrig::media
