#include "system/media/rtp_packet.hpp"

#include <gtest/gtest.h>

namespace watchrig::media {
namespace {

const base::Bytes plain{0x80, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0xaa, 0xbb, 0xcc, 0xdd, 1, 2, 3};

TEST(RtpPacket, ReadsTheFixedHeader) {
  const auto packet = parse_rtp(plain);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->header.marker);
  EXPECT_EQ(packet->header.payload_type, 96);
  EXPECT_EQ(packet->header.sequence, 0x1234);
  EXPECT_EQ(packet->header.timestamp, 9u);
  EXPECT_EQ(packet->header.ssrc, 0xaabbccddu);
  EXPECT_EQ(packet->payload.size(), 3u);
}

TEST(RtpPacket, WritesWhatItReads) {
  std::uint8_t header[rtp_header_size];
  write_rtp_header(header, parse_rtp(plain)->header);
  EXPECT_TRUE(std::equal(std::begin(header), std::end(header), plain.begin()));
}

TEST(RtpPacket, SkipsSourcesExtensionAndPadding) {
  base::Bytes bytes{0xb2, 0x60, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9};
  bytes.insert(bytes.end(), {0xbe, 0xde, 0, 1, 8, 8, 8, 8});
  bytes.insert(bytes.end(), {5, 6, 7, 0, 2});
  const auto packet = parse_rtp(bytes);
  ASSERT_TRUE(packet);
  EXPECT_EQ(base::Bytes(packet->payload.begin(), packet->payload.end()), (base::Bytes{5, 6, 7}));
}

TEST(RtpPacket, EveryTruncationIsRefusedOrShorter) {
  base::Bytes bytes{0x92, 0x60, 0, 1, 0, 0,    0,    0, 0, 0, 0, 1, 9, 9, 9,
                    9,    9,    9, 9, 9, 0xbe, 0xde, 0, 1, 8, 8, 8, 8, 5};
  for (std::size_t size = 0; size < 28; ++size) {
    EXPECT_EQ(parse_rtp(base::ByteView(bytes).first(size)).error().kind, base::ErrorKind::corrupt) << size;
  }
  EXPECT_TRUE(parse_rtp(base::ByteView(bytes).first(28)));
}

TEST(RtpPacket, RefusesPaddingThatDoesNotFit) {
  base::Bytes bytes = plain;
  bytes[0] |= 0x20;
  for (const std::uint8_t padding : {0, 4, 255}) {
    bytes.back() = padding;
    EXPECT_FALSE(parse_rtp(bytes)) << int{padding};
  }
  bytes.back() = 3;
  EXPECT_TRUE(parse_rtp(bytes)->payload.empty());
}

TEST(RtpPacket, RefusesAnotherVersion) {
  base::Bytes bytes = plain;
  bytes[0] = 0x40;
  EXPECT_FALSE(parse_rtp(bytes));
}

TEST(RtpPacket, TellsRtcpOnASharedPort) {
  EXPECT_TRUE(is_rtcp(base::Bytes{0x80, 200}));
  EXPECT_FALSE(is_rtcp(base::Bytes{0x80, 0xe0}));
  EXPECT_FALSE(is_rtcp(base::Bytes{0x80}));
}

}  // namespace
}  // namespace watchrig::media
