#include "system/media/audio_depacketizer.hpp"

#include <gtest/gtest.h>

#include "system/media/jpeg_format.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;
using testing::at;

struct Feed {
  explicit Feed(const Track& track) : payload_type(track.payload_type), received(track) {}
  void send(const base::Bytes& payload, std::uint32_t timestamp, bool marker = true) {
    received.receiver.push(testing::packet({marker, payload_type, sequence++, timestamp, 1}, payload),
                           at(0s));
  }
  RtpReceiverStats stats() const { return received.receiver.stats(); }

  std::uint8_t payload_type;
  testing::Received received;
  std::uint16_t sequence = 0;
};

TEST(AacDepacketizer, SeveralFramesInAPacketBecomeUnitsWithTheirTimestamps) {
  Feed feed(testing::track_of(Codec::aac));
  feed.send({0, 48, 0, 2 << 3, 0, 1 << 3, 0, 3 << 3, 1, 2, 3, 4, 5, 6}, 1000);
  EXPECT_EQ(feed.received.payloads(), (std::vector<base::Bytes>{{1, 2}, {3}, {4, 5, 6}}));
  EXPECT_EQ(feed.received.units[2]->rtp_timestamp, 1000u + 2048);
  EXPECT_TRUE(feed.received.units[0]->key);
}

TEST(AacDepacketizer, BrokenPacketsAreCounted) {
  for (const base::Bytes& broken : {base::Bytes{0}, base::Bytes{0, 0, 1}, base::Bytes{0, 13, 1, 1},
                                    base::Bytes{255, 240, 1}, base::Bytes{0, 32, 0, 8, 0, 80, 1}}) {
    Feed feed(testing::track_of(Codec::aac));
    feed.send(broken, 0);
    EXPECT_EQ(feed.stats().malformed, 1u);
    feed.send({0, 16, 0, 8, 7}, 1024);
    EXPECT_EQ(feed.received.payloads().back(), base::Bytes{7});
  }
  Feed interleaved(testing::track_of(Codec::aac));
  interleaved.send({0, 32, 0, 8, 0, 9, 1, 2}, 0);
  EXPECT_EQ(interleaved.stats().unsupported, 1u);
}

TEST(AacDepacketizer, AFrameWithALostFragmentIsDamaged) {
  for (int lost = 0; lost < 3; ++lost) {
    Feed feed(testing::track_of(Codec::aac));
    for (int i = 0; i < 3; ++i) {
      if (i == lost) {
        ++feed.sequence;
      } else {
        feed.send({0, 16, 0, 6 << 3, 1, 2}, 0, i == 2);
      }
    }
    feed.send({0, 16, 0, 8, 7}, 1024);
    EXPECT_EQ(feed.received.payloads(), testing::only({7})) << lost;
    EXPECT_EQ(feed.stats().damaged_units, 1u) << lost;
  }
}

TEST(AacDepacketizer, FramesOfTheDoubledRateAdvanceTwiceAsFar) {
  Track track = testing::track_of(Codec::aac);
  track.clock_rate = 32000;
  Feed feed(track);
  feed.send({0, 32, 0, 8, 0, 8, 1, 2}, 0);
  EXPECT_EQ(feed.received.units.at(1)->rtp_timestamp, 2048u);
}

TEST(JpegDepacketizer, TablesOfAQualityFactorAndTablesSentOnce) {
  Feed feed(testing::track_of(Codec::mjpeg));
  feed.send({0, 0, 0, 0, 1, 50, 2, 2, 9, 9}, 0);
  base::Bytes with_tables{0, 0, 0, 0, 1, 200, 2, 2, 0, 0, 0, 128};
  with_tables.resize(12 + 128, 3);
  with_tables.insert(with_tables.end(), {9, 9});
  feed.send(with_tables, 3600);
  feed.send({0, 0, 0, 0, 1, 200, 2, 2, 0, 0, 0, 0, 9, 9}, 7200);
  ASSERT_EQ(feed.received.units.size(), 3u);
  EXPECT_EQ(parse_jpeg(feed.received.units[0]->payload)->tables[0], 16);
  EXPECT_EQ(parse_jpeg(feed.received.units[0]->payload)->width, 16);
  EXPECT_EQ(feed.received.units[2]->payload, feed.received.units[1]->payload);
  feed.send({0, 0, 0, 0, 1, 201, 2, 2, 0, 0, 0, 0, 9, 9}, 10800);
  EXPECT_EQ(feed.stats().malformed, 1u);
  EXPECT_EQ(feed.stats().damaged_units, 1u);
}

TEST(JpegDepacketizer, TruncatedHeadersAndMissingPiecesDamageThePicture) {
  const base::Bytes whole{0, 0, 0, 0, 65, 255, 2, 2, 0, 4, 255, 255, 0, 0, 0, 64};
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    Feed feed(testing::track_of(Codec::mjpeg));
    feed.send(base::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), 0);
    EXPECT_EQ(feed.stats().damaged_units, 1u) << size;
  }
  Feed feed(testing::track_of(Codec::mjpeg));
  feed.send({0, 0, 0, 0, 1, 50, 2, 2, 9, 9}, 0, false);
  feed.send({0, 0, 0, 7, 1, 50, 2, 2, 9, 9}, 0, true);
  EXPECT_TRUE(feed.received.units.empty());
}

}  // namespace
}  // namespace watchrig::media
