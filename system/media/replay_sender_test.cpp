#include "system/media/replay_sender.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/base/spawn.hpp"
#include "system/media/testing/rtp_samples.hpp"
#include "system/media/testing/rtsp_fakes.hpp"

namespace watchrig::media {
namespace {

using namespace std::chrono_literals;

struct ReplaySenderTest : ::testing::Test {
  boost::asio::io_context io;
  base::ManualClock clock{base::parse_utc("2026-01-31T12:00:00Z").value()};
  RtspReplay replay;
  base::Bytes payload = testing::picture(Codec::h264, true, 50);

  ReplaySender sender() { return {{testing::track_of(Codec::h264)}, replay, io.get_executor(), clock}; }
  ReplayUnit unit(std::uint32_t rtp_timestamp, base::Duration played) const {
    return {0, payload, true, rtp_timestamp, played, {clock.now()}};
  }
  static RtpPacketView first_packet(const RtpTrainPtr& train) {
    static std::vector<base::Bytes> packets;
    packets = testing::packets_of(*train);
    return parse_rtp(packets.front()).value();
  }
};

TEST_F(ReplaySenderTest, TellsTheTimesOfThePicturesOrOfHowTheyAreShown) {
  const auto second = [this] {
    auto own = sender();
    (void)own.train_of(unit(1000, 0ms), false);
    return own.train_of(unit(91'000, 1s), false)->rtp_timestamp;
  };
  EXPECT_EQ(second(), 91'000U);
  replay.speed = 2;
  EXPECT_EQ(second(), 46'000U);
  replay.backwards = true;
  replay.speed = 0.5;
  EXPECT_EQ(second(), 181'000U);
  replay.rate_control = false;
  EXPECT_EQ(second(), 91'000U);
}

TEST_F(ReplaySenderTest, MarksUnitsForWhoKnowsMarks) {
  replay.request = 0x107;
  auto own = sender();
  EXPECT_FALSE(first_packet(own.train_of(unit(1000, 0ms), false)).replay);
  const auto marked = first_packet(own.train_of(unit(1000, 0ms), true));
  ASSERT_TRUE(marked.replay);
  EXPECT_EQ(marked.replay->request, 7);
}

TEST_F(ReplaySenderTest, DoesNotLeapOverAHole) {
  const auto stamps = [this] {
    auto own = sender();
    (void)own.train_of(unit(1000, 0ms), false);
    auto behind = unit(900'000, 40ms);
    behind.mark.discontinuity = true;
    const auto first = own.train_of(behind, false)->rtp_timestamp;
    return std::pair(first, own.train_of(unit(903'601, 80ms), false)->rtp_timestamp);
  };
  EXPECT_EQ(stamps(), std::pair(4600U, 8201U));  // smooth as those of the recording
  replay.rate_control = false;
  EXPECT_EQ(stamps(), std::pair(900'000U, 903'601U));
}

TEST_F(ReplaySenderTest, GoesOnWhereTheTracksOfTheSessionStand) {
  auto before = sender();
  EXPECT_FALSE(before.position(0));
  (void)before.train_of(unit(1000, 0ms), false);
  const RtpPositions positions{before.position(0)};
  ASSERT_TRUE(positions[0]);
  auto after = sender();
  after.go_on(positions);
  const auto told = after.position_of(unit(5000, 0ms));
  const auto sent = first_packet(after.train_of(unit(5000, 0ms), false)).header;
  EXPECT_EQ(sent.ssrc, positions[0]->ssrc);
  EXPECT_EQ(sent.sequence, positions[0]->sequence);
  EXPECT_EQ(sent.timestamp, 1000 + 3600U);  // a picture later
  EXPECT_EQ(told.sequence, sent.sequence);
  EXPECT_EQ(told.rtp_timestamp, sent.timestamp);
}

TEST_F(ReplaySenderTest, KeepsThePaceOfScaleAndSpeed) {
  replay.speed = 2;
  replay.delivery = 4;
  auto own = sender();
  int passed = 0;
  const auto play = [](ReplaySender& sent, int& count) -> boost::asio::awaitable<void> {
    for (const auto at : {0s, 8s, 16s}) {
      co_await sent.pace(at);
      ++count;
    }
  };
  base::spawn(io.get_executor(), play(own, passed), "player");
  const auto after = [&](base::Duration time) {
    clock.advance(time);
    io.restart();
    io.poll();
    return passed;
  };
  EXPECT_EQ(after(0s), 1);
  EXPECT_EQ(after(999ms), 1);
  EXPECT_EQ(after(1ms), 2);
  own.cancel();
  EXPECT_EQ(after(0s), 3);
}

TEST(RecordedSession, PlaysOnWhenAnotherPlayIsRefused) {
  testing::RtspBench bench;
  bench.content->recorded = true;
  bench.run([](testing::RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await testing::connect(b);
    auto answer = co_await peer.ask("SETUP", b.url("/live/yard/track0"), testing::tcp_transport);
    EXPECT_EQ(answer.status, 200);
    answer = co_await peer.ask("PLAY", b.url("/live/yard"));
    EXPECT_EQ(answer.status, 200);
    b.content->errors["/live/yard"] = {base::ErrorKind::not_found, "nothing there"};
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Range: clock=20990131T120000Z-\r\n");
    EXPECT_EQ(answer.status, 457);
    EXPECT_EQ(b.content->closed, 0);
    b.content->errors.clear();
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Range: clock=20260131T120000Z-\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(b.content->closed, 1);
  }(bench));
}

TEST(RecordedSession, IsToldWhatScaleIsInForceAndWhyAnotherIsNot) {
  testing::RtspBench bench;
  bench.content->recorded = true;
  bench.run([](testing::RtspBench& b) -> asio::awaitable<void> {
    auto peer = co_await testing::connect(b);
    const std::string setup = std::string(testing::tcp_transport) + "Require: onvif-replay\r\n";
    auto answer = co_await peer.ask("SETUP", b.url("/live/yard/track0"), setup);
    EXPECT_EQ(answer.status, 200);
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Scale: -0.5\r\nSpeed: 2\r\n");
    EXPECT_EQ(testing::header(answer, "Scale"), "-0.5");
    EXPECT_EQ(testing::header(answer, "Speed"), "2");
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Scale: 4\r\n");
    EXPECT_EQ(testing::header(answer, "Scale"), "4");
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Scale: 65\r\n");
    EXPECT_EQ(answer.status, 456);
    EXPECT_NE(answer.body.find("Scale 65"), std::string::npos) << answer.body;
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Speed: -1\r\n");
    EXPECT_EQ(answer.status, 456);
    answer = co_await peer.ask("PLAY", b.url("/live/yard"), "Range: clock=noon-\r\n");
    EXPECT_EQ(answer.status, 457);
    EXPECT_NE(answer.body.find("noon"), std::string::npos) << answer.body;
  }(bench));
  ASSERT_EQ(bench.content->replays.size(), 2U);
  EXPECT_TRUE(bench.content->replays[0].backwards);
  EXPECT_EQ(bench.content->replays[0].delivery, 2);
  EXPECT_TRUE(bench.content->replays[1].marked);
  EXPECT_EQ(bench.content->replays[1].speed, 4);
}

}  // namespace
}  // namespace watchrig::media
