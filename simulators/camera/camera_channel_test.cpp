#include "simulators/camera/camera_channel.hpp"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/base/clock.hpp"
#include "system/base/spawn.hpp"

namespace watchrig::camera {
namespace {

using std::chrono::milliseconds;

/// Channels of one rig on a clock that runs twenty times as fast as ours.
struct ChannelTest : ::testing::Test {
  static scene::SourceSpec source(const char* profile) {
    scene::SourceSpec spec;
    spec.profile = scene::parse_profile(profile).value();
    return spec;
  }
  std::shared_ptr<Broadcast> broadcast(const scene::SourceSpec& spec) {
    return broadcasts.open(spec, TrackRole::video).value();
  }
  std::unique_ptr<CameraChannel> channel(const scene::SourceSpec& spec) {
    CameraChannel::Place place{"gate", "main", std::make_shared<kernel::FaultBoard>(clock), clock, 7, false};
    return std::make_unique<CameraChannel>(std::move(place), spec, broadcast(spec), nullptr);
  }
  /// Until the channel's present stage has sent so many units.
  void produce(const CameraChannel& channel, std::uint64_t units) {
    while (channel.stage()->stream->totals().units[0] < units) std::this_thread::yield();
  }
  static std::vector<Ledger::Entry> all(const CameraChannel& channel) {
    return channel.entries(0, base::UtcTime::min(), base::UtcTime::max());
  }

  const scene::SourceSpec small = source("h264 64x64@25 100kbps gop=5");
  const scene::SourceSpec other = source("h264 96x64@25 100kbps gop=5");
  base::Clock clock{{base::Clock().now(), base::Clock().now(), 20}};
  BroadcastRegistry broadcasts{clock, 7};
  boost::asio::io_context io;
};

TEST_F(ChannelTest, LedgerAndTotalsGoOnOverAChange) {
  const auto gate = channel(small);
  produce(*gate, 5);
  ASSERT_TRUE(gate->change(other, broadcast(other)));
  produce(*gate, 5);
  const auto changed = gate->stage()->stream->spans()[0]->first;
  const auto units = all(*gate);
  EXPECT_GE(gate->totals().units[0], 10U);
  std::size_t before = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (i > 0) {
      EXPECT_LE(units[i - 1].unit.time, units[i].unit.time);
    }
    before += units[i].unit.time < changed;
  }
  EXPECT_GE(before, 5U);
  EXPECT_GE(units.size() - before, 5U);
}

TEST_F(ChannelTest, TheLedgerHasOnlyWhatThisCameraSentOfASourceThatOthersUseToo) {
  const auto gate = channel(small);
  const auto yard = channel(other);
  produce(*yard, 5);
  ASSERT_TRUE(gate->change(other, broadcast(other)));
  produce(*gate, 5);
  const auto changed = gate->stage()->stream->spans()[0]->first;
  for (const auto& entry : gate->entries(0, changed, base::UtcTime::max())) EXPECT_GE(entry.unit.index, 4U);
  ASSERT_TRUE(gate->change(small, broadcast(small)));
  produce(*gate, 1);
  const auto back = gate->stage()->stream->spans()[0]->first;
  produce(*yard, yard->stage()->stream->totals().units[0] + 5);
  const auto while_other = gate->entries(0, changed, back);
  ASSERT_FALSE(while_other.empty());
  EXPECT_LT(while_other.size(), all(*yard).size());
}

boost::asio::awaitable<void> read_to_end(media::RtspFeed& feed, bool& ended) {
  while (true) {
    const auto train = co_await feed.next();
    if (!train) break;
  }
  ended = true;
}

TEST_F(ChannelTest, ReadersOfBeforeAreSentAwayAndNoneComesToWhatIsOver) {
  const auto gate = channel(small);
  const auto before = gate->stage();
  const auto reader = before->stream->open(io.get_executor());
  produce(*gate, 3);
  ASSERT_TRUE(gate->change(other, broadcast(other)));
  const auto late = before->stream->open(io.get_executor());
  bool ended = false, nothing = false;
  base::spawn(io.get_executor(), read_to_end(*reader, ended), "reader");
  base::spawn(io.get_executor(), read_to_end(*late, nothing), "late reader");
  io.run();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(nothing);
}

boost::asio::awaitable<void> read_some(media::RtspFeed& feed, const base::Clock& clock,
                                       std::vector<base::Duration>& delays) {
  while (delays.size() < 5) {
    const auto train = co_await feed.next();
    if (!train) break;
    delays.push_back(clock.now() - (*train)->time);
  }
}

TEST_F(ChannelTest, APhaseHasEachPictureWaitForItsTurn) {
  const base::Clock real;
  BroadcastRegistry sources{real, 7};
  CameraChannel::Place place{"gate", "main", std::make_shared<kernel::FaultBoard>(real), real, 7, false};
  place.phase = 0.75;
  const CameraChannel gate(std::move(place), small, sources.open(small, TrackRole::video).value(), nullptr);
  const auto reader = gate.stage()->stream->open(io.get_executor());
  std::vector<base::Duration> delays;
  base::spawn(io.get_executor(), read_some(*reader, real, delays), "reader");
  io.run();
  ASSERT_EQ(delays.size(), 5U);
  for (const auto delay : delays) EXPECT_GE(delay, milliseconds(30));
}

}  // namespace
}  // namespace watchrig::camera
