#include "system/media/jpeg_format.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

base::Bytes sample() {
  base::Bytes out;
  JpegPicture picture;
  picture.width = picture.height = 16;
  const auto tables = jpeg_quality_tables(50);
  picture.tables.assign(tables.begin(), tables.end());
  append_jpeg_header(picture, out);
  out.insert(out.end(), {1, 2, 3, 0xff, 0xd9});
  return out;
}

TEST(JpegFormat, ReadsWhatItWrites) {
  const auto picture = parse_jpeg(sample());
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->width, 16);
  EXPECT_TRUE(picture->subsampled_rows);
  EXPECT_EQ(picture->scan.size(), 3u);
  EXPECT_EQ(canonical_jpeg(sample()).value(), sample());
}

TEST(JpegFormat, EveryTruncationIsAnErrorUntilTheScan) {
  const base::Bytes bytes = sample();
  for (std::size_t size = 0; size < bytes.size() - 4; ++size) {
    EXPECT_FALSE(parse_jpeg(base::ByteView(bytes).first(size))) << size;
  }
}

TEST(JpegFormat, RefusesWhatRtpCannotCarry) {
  const auto refused = [](std::size_t position_behind_sof, std::uint8_t value) {
    base::Bytes bytes = sample();
    const base::Bytes sof{0xff, 0xc0};
    const auto found = std::search(bytes.begin(), bytes.end(), sof.begin(), sof.end()) - bytes.begin();
    bytes[static_cast<std::size_t>(found) + position_behind_sof] = value;
    const auto picture = parse_jpeg(bytes);
    return picture.has_error() && picture.error().kind == base::ErrorKind::unsupported;
  };
  EXPECT_TRUE(refused(1, 0xc2)) << "progressive";
  EXPECT_TRUE(refused(4, 12)) << "12 bits";
  EXPECT_TRUE(refused(9, 1)) << "grey";
  EXPECT_TRUE(refused(11, 0x11)) << "4:4:4";
}

TEST(JpegFormat, RefusesOtherHuffmanTables) {
  base::Bytes bytes = sample();
  const base::Bytes dht{0xff, 0xc4};
  const auto found = std::search(bytes.begin(), bytes.end(), dht.begin(), dht.end());
  *(found + 4 + 17 + 3) = 99;
  EXPECT_EQ(parse_jpeg(bytes).error().kind, base::ErrorKind::unsupported);
}

TEST(JpegFormat, QualityTablesOfTheStandard) {
  EXPECT_EQ(jpeg_quality_tables(50)[0], 16);
  EXPECT_EQ(jpeg_quality_tables(1)[0], 255);
  EXPECT_EQ(jpeg_quality_tables(99)[0], 1);
  EXPECT_EQ(jpeg_quality_tables(75)[64], 9);
}

}  // namespace
}  // namespace watchrig::media
