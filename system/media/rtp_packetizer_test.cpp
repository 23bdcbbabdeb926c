#include "system/media/rtp_packetizer.hpp"

#include <gtest/gtest.h>

#include "system/media/jpeg_format.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::at;

constexpr std::size_t max_packet = 400;

std::vector<base::Bytes> round_trip(const Track& track, const base::Bytes& payload) {
  RtpPacketizer packetizer(track, 0, 42, max_packet);
  testing::Received received(track);
  const auto train = packetizer.packetize(payload, true, 9000, at(0s));
  EXPECT_TRUE(train) << train.error().message;
  if (!train) return {};
  const auto packets = testing::packets_of(**train);
  for (const base::Bytes& packet : packets) EXPECT_LE(packet.size(), max_packet);
  received.push(packets, at(0s));
  EXPECT_EQ(received.receiver.stats().malformed, 0u);
  return received.payloads();
}

TEST(RtpPacketizer, UnitsOfEverySizeComeBackBitForBit) {
  for (const Codec codec : {Codec::h264, Codec::h265}) {
    for (std::size_t size = 3; size < 2000; ++size) {
      const base::Bytes payload = testing::picture(codec, size % 2 == 0, size);
      ASSERT_EQ(round_trip(testing::track_of(codec), payload), testing::only(payload)) << size;
    }
  }
}

TEST(RtpPacketizer, AudioComesBackBitForBit) {
  for (std::size_t size = 1; size < 1500; ++size) {
    const base::Bytes frame(size, 0x5a);
    ASSERT_EQ(round_trip(testing::track_of(Codec::aac), frame), testing::only(frame)) << size;
  }
  const base::Bytes samples(160, 0xd5);
  EXPECT_EQ(round_trip(testing::track_of(Codec::pcma), samples), testing::only(samples));
}

TEST(RtpPacketizer, JpegComesBackInItsCanonicalForm) {
  const base::Bytes stream = testing::read_sample("source.mjpeg");
  const auto canonical = canonical_jpeg(stream);
  ASSERT_TRUE(canonical) << canonical.error().message;
  EXPECT_EQ(canonical_jpeg(*canonical).value(), *canonical);
  EXPECT_EQ(round_trip(testing::track_of(Codec::mjpeg), stream), testing::only(*canonical));
}

TEST(RtpPacketizer, JpegOfAnySizeKeepsItWithTheTrackKnown) {
  const base::Bytes stream = testing::read_sample("source.mjpeg");
  auto picture = parse_jpeg(stream).value();
  picture.restart_interval = 5;
  picture.subsampled_rows = false;
  for (const auto& [width, height] : {std::pair{1922, 1081}, {3840, 2160}, {2041, 8}, {8, 8}}) {
    picture.width = static_cast<std::uint16_t>(width);
    picture.height = static_cast<std::uint16_t>(height);
    base::Bytes file;
    append_jpeg_header(picture, file);
    file.insert(file.end(), picture.scan.begin(), picture.scan.end());
    file.insert(file.end(), {0xff, 0xd9});
    Track track = testing::track_of(Codec::mjpeg);
    track.width = picture.width;
    track.height = picture.height;
    EXPECT_EQ(round_trip(track, file), testing::only(file)) << width;
  }
}

TEST(RtpPacketizer, TrainsHaveFramesOfInterleavingAndCountOn) {
  RtpPacketizer packetizer(testing::track_of(Codec::h264), 2, 0xdeadbeef, max_packet);
  const std::uint16_t first = packetizer.next_sequence();
  const auto train =
      packetizer.packetize(testing::picture(Codec::h264, true, 3000), true, 77, at(3s)).value();
  EXPECT_TRUE(train->key && train->video);
  EXPECT_EQ(train->track, 2);
  EXPECT_EQ(train->time, at(3s));
  EXPECT_EQ(packetizer.next_sequence(), static_cast<std::uint16_t>(first + train->packets.size()));
  EXPECT_EQ(packetizer.packets(), train->packets.size());
  std::size_t offset = 0, octets = 0;
  for (std::size_t i = 0; i < train->packets.size(); ++i) {
    ASSERT_EQ(train->packets[i], offset);
    EXPECT_EQ(train->block[offset], '$');
    EXPECT_EQ(train->block[offset + 1], 4);
    const std::size_t size = base::load_be16(&train->block[offset + 2]);
    const auto packet = parse_rtp(base::ByteView(train->block).subspan(offset + 4, size)).value();
    EXPECT_EQ(packet.header.ssrc, 0xdeadbeefu);
    EXPECT_EQ(packet.header.sequence, static_cast<std::uint16_t>(first + i));
    EXPECT_EQ(packet.header.marker, i + 1 == train->packets.size());
    octets += packet.payload.size();
    offset += 4 + size;
  }
  EXPECT_EQ(offset, train->block.size());
  EXPECT_EQ(packetizer.octets(), octets);
}

TEST(RtpPacketizer, RefusesWhatIsNotAnAccessUnitAndStaysWhereItWas) {
  for (const Codec codec : {Codec::h264, Codec::h265, Codec::mjpeg, Codec::aac, Codec::pcmu}) {
    RtpPacketizer packetizer(testing::track_of(codec), 0, 1);
    const std::uint16_t before = packetizer.next_sequence();
    EXPECT_FALSE(packetizer.packetize(base::ByteView{}, true, 0, at(0s)));
    EXPECT_EQ(packetizer.next_sequence(), before);
  }
  RtpPacketizer packetizer(testing::track_of(Codec::h264), 0, 1);
  const base::Bytes cut{0, 0, 0, 2, 0x65, 0x88, 0, 0, 0, 9, 1};
  EXPECT_EQ(packetizer.packetize(cut, true, 0, at(0s)).error().kind, base::ErrorKind::invalid);
  RtpPacketizer aac(testing::track_of(Codec::aac), 0, 1);
  EXPECT_FALSE(aac.packetize(base::Bytes(8192), true, 0, at(0s)));
}

}  // namespace
}  // namespace watchrig::media
