#include "system/media/rtsp_replay.hpp"

#include <gtest/gtest.h>

#include "system/media/rtp_packetizer.hpp"
#include "system/media/testing/rtp_samples.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

base::Result<RtspReplay> read(std::vector<std::pair<std::string, std::string>> headers) {
  RtspRequest request;
  for (auto& [name, value] : headers) request.headers.add(name, value);
  return read_replay(request);
}

base::UtcTime utc(const char* text) { return base::parse_utc(text).value(); }

TEST(RtspReplay, ReadsWhatOurClientWrites) {
  const auto from = utc("2026-01-31T12:00:00.040Z"), to = utc("2026-01-31T12:01:00Z");
  const auto replay =
      read({{"Range", clock_range(from, to)}, {"Rate-Control", "no"}, {"Scale", "2"}, {"CSeq", "7"}});
  ASSERT_TRUE(replay) << replay.error().message;
  EXPECT_EQ(replay->from, from);
  EXPECT_EQ(replay->to, to);
  EXPECT_FALSE(replay->rate_control);
  EXPECT_EQ(replay->speed, 2);
  EXPECT_EQ(replay->request, 7U);
  EXPECT_EQ(read({{"Range", clock_range(from, {})}})->to, std::nullopt);
}

TEST(RtspReplay, PlaysFromTheBeginningForWhoNamesNoTime) {
  for (const char* range : {"npt=0-", "npt=0.000-", "npt=now-"}) {
    const auto replay = read({{"Range", range}});
    ASSERT_TRUE(replay) << range;
    EXPECT_EQ(replay->from, base::UtcTime::min());
  }
  EXPECT_TRUE(read({}));
  EXPECT_TRUE(read({{"Frames", "intra/4000"}})->key_pictures_only);
}

TEST(RtspReplay, RefusesWhatIsNoRangeAndNoSpeed) {
  for (const char* range : {"clock=", "clock=noon-", "clock=20260131T120000Z", "clock=20261331T120000Z-",
                            "npt=5-", "clock=20260131T120000Z-20260131T115959Z", "smpte=0:1:2-", "x"}) {
    EXPECT_FALSE(read({{"Range", range}})) << range;
  }
  for (const char* scale : {"0", "-0.06", "-64.5", "nan", "inf", "0.06", "64.5", "fast"}) {
    EXPECT_FALSE(read({{"Scale", scale}})) << scale;
  }
  for (const char* scale : {"0.0625", "1", "64", "-0.0625", "-64"})
    EXPECT_TRUE(read({{"Scale", scale}})) << scale;
}

TEST(RtspReplay, BackwardsTheLaterEndComesFirst) {
  const char* backwards = "clock=20260131T120000Z-20260131T115900Z";
  const auto replay = read({{"Range", backwards}, {"Scale", "-2"}});
  ASSERT_TRUE(replay) << replay.error().message;
  EXPECT_TRUE(replay->backwards);
  EXPECT_EQ(replay->speed, 2);
  EXPECT_EQ(replay->from, utc("2026-01-31T12:00:00Z"));
  EXPECT_EQ(replay->to, utc("2026-01-31T11:59:00Z"));
  EXPECT_EQ(read({{"Scale", "-1"}})->from, base::UtcTime::max());
  EXPECT_FALSE(read({{"Range", backwards}}));
  EXPECT_FALSE(read({{"Range", "clock=20260131T115900Z-20260131T120000Z"}, {"Scale", "-1"}}));
}

TEST(ReplayMark, IsOnTheFirstPacketOfAUnitAndGivesItItsTime) {
  const auto track = testing::track_of(Codec::h264);
  RtpPacketizer packetizer(track, 0, 42, 400);
  testing::Received received(track);
  const auto time = utc("2026-01-31T12:00:00.123456789Z");
  ReplayMark mark{time};
  mark.clean_point = mark.discontinuity = true;
  mark.request = 9;
  const auto payload = testing::picture(Codec::h264, true, 2000);
  const auto train = packetizer.packetize(payload, true, 9000, time, mark);
  ASSERT_TRUE(train);
  const auto packets = testing::packets_of(**train);
  ASSERT_GT(packets.size(), 2U);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    EXPECT_LE(packets[i].size(), 400U);
    const auto parsed = parse_rtp(packets[i]);
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed->replay.has_value(), i == 0);
    if (i > 0) continue;
    EXPECT_EQ(parsed->replay->time, time);
    EXPECT_TRUE(parsed->replay->clean_point && parsed->replay->discontinuity);
    EXPECT_FALSE(parsed->replay->section_end || parsed->replay->last);
    EXPECT_EQ(parsed->replay->request, 9);
  }
  received.push(packets, testing::at(0s));
  ASSERT_EQ(received.units.size(), 1U);
  EXPECT_EQ(received.units[0]->payload, payload);
  EXPECT_EQ(received.units[0]->sender_time, time);
}

TEST(ReplayMark, OtherAndTruncatedExtensionsAreNone) {
  const auto track = testing::track_of(Codec::h264);
  RtpPacketizer packetizer(track, 0, 42);
  const auto train = packetizer.packetize(testing::picture(Codec::h264, true, 50), true, 9000, {},
                                          ReplayMark{utc("2026-01-31T12:00:00Z")});
  auto packet = testing::packets_of(**train).front();
  auto other = packet;
  other[12] = 0xbe;
  EXPECT_FALSE(parse_rtp(other)->replay);
  auto shorter = packet;
  shorter[15] = 2;  // words
  EXPECT_FALSE(parse_rtp(shorter)->replay);
  packet.resize(20);
  EXPECT_FALSE(parse_rtp(packet));
}

}  // namespace
}  // namespace watchrig::media
