#include "system/storage/relay/relay_channel.hpp"

#include <algorithm>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "system/media/rtsp_server.hpp"
#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A channel whose device never answers; what the device would send is published by hand.
class RelayChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    volume.open();
    ChannelSettings settings;
    settings.id = "gate";
    settings.name = "Gate";
    settings.recorded_stream = "main";
    settings.streams["main"].client.url = "rtsp://127.0.0.1:1/nothing";
    channel = std::make_shared<RelayChannel>(
        io.get_executor(), volume.clock, *volume.storage, settings,
        [this](const ChannelEvent& event) {
          if (event.type.starts_with("recording.")) events.push_back(event.type);
        },
        [this](const std::string&, const ChannelConnection& connection) {
          connections.push_back(connection);
        });
    channel->start(false);
    io.poll();
    channel->hub("main")->set_tracks(video_tracks());
  }
  void TearDown() override {
    channel->stop();
    io.poll();
  }
  void publish(const std::vector<media::AccessUnitPtr>& units) {
    for (const auto& unit : units) channel->hub("main")->publish(unit);
  }

  TestVolume volume;
  asio::io_context io;
  std::vector<std::string> events;  ///< of recording
  std::vector<ChannelConnection> connections;
  std::shared_ptr<RelayChannel> channel;
};

TEST_F(RelayChannelTest, what_is_queued_when_the_plan_ends_is_recorded_and_does_not_begin_it_again) {
  publish(make_video(0ms, 25));
  io.poll();
  EXPECT_EQ(channel->status().recording, RecordingState::recording);
  channel->record("", 0);
  publish(make_video(1s, 25));
  io.poll();
  EXPECT_EQ(channel->status().recording, RecordingState::stopped);
  EXPECT_EQ(events, (std::vector<std::string>{"recording.started", "recording.stopped"}));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate").size(), 50U);
}

TEST_F(RelayChannelTest, other_types_of_the_same_stream_interrupt_nothing) {
  using namespace platform;
  publish(make_video(0ms, 25));
  io.poll();
  channel->record("main", regular_recording | motion_recording);
  io.poll();
  publish(make_video(1s, 25));
  io.poll();
  channel->record("main", regular_recording);
  io.poll();
  publish(make_video(2s, 25));
  io.poll();
  EXPECT_EQ(events, std::vector<std::string>{"recording.started"});
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate").size(), 75U);
  const auto motion =
      volume.storage->spans("gate", "main", test_start, test_start + 1h, motion_recording).value();
  ASSERT_EQ(motion.size(), 1U);
  EXPECT_EQ(motion[0].from, test_start + 1s);
  EXPECT_EQ(motion[0].to, test_start + 2s);
}

TEST_F(RelayChannelTest, what_was_before_its_cause_is_recorded_first_and_what_is_not_recorded_is_kept_again) {
  channel->record("main", 0, 2s);
  io.poll();
  events.clear();
  publish(make_video(0ms, 5 * 25 + 10));
  io.poll();
  volume.clock.advance(5400ms);
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_TRUE(volume.spans("gate").empty());
  EXPECT_EQ(channel->status().recording, RecordingState::stopped);
  channel->record("main", platform::motion_recording);
  io.poll();
  publish(make_video(6s, 25));
  io.poll();
  ASSERT_TRUE(volume.storage->flush());
  // Two seconds before the last picture at 5.36 s, from the key picture before.
  EXPECT_EQ(volume.read("gate").size(), 2U * 25 + 10 + 25);
  EXPECT_EQ(volume.spans("gate").front().from, test_start + 3s);
  EXPECT_EQ(volume.spans("gate").front().types, platform::motion_recording);

  channel->record("main", 0, 2s);
  io.poll();
  EXPECT_EQ(events, (std::vector<std::string>{"recording.started", "recording.stopped"}));
  publish(make_video(7s, 25));
  io.poll();
  volume.clock.advance(2500ms);
  EXPECT_EQ(volume.read("gate").size(), 2U * 25 + 10 + 25);
  channel->record("main", platform::input_recording);
  io.poll();
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate", 6s).size(), 50U) << "without waiting for the next picture";
  EXPECT_EQ(events.size(), 3U);

  channel->record("main", 0, 2s);
  io.poll();
  publish(make_video(8s, 25));
  io.poll();
  volume.clock.advance(1min);
  channel->record("main", platform::input_recording);
  io.poll();
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate", 8s).size(), 0U) << "what is long ago is not its cause";
}

TEST(UnitsAheadTest, keeps_whole_groups_of_one_set_of_tracks_within_its_bytes) {
  auto tracks = video_tracks();
  const std::function<media::Presentation()> now = [&] { return tracks; };
  UnitsAhead ahead;
  ahead.add(make_picture(0ms, false), now, 1s);
  EXPECT_TRUE(ahead.take(test_start, 1s).empty()) << "nothing before a key picture";
  for (const auto& unit : make_video(0ms, 60)) ahead.add(unit, now, 1s);
  auto units = ahead.take(test_start + 2400ms, 1s);
  ASSERT_EQ(units.size(), 35U) << "a second before the last, and its group";
  EXPECT_TRUE(units.front()->key);
  for (const auto& unit : make_video(0ms, 30)) ahead.add(unit, now, 1s);
  tracks = video_tracks(352, 288);
  for (const auto& unit : make_video(2s, 5)) ahead.add(unit, now, 1s);
  EXPECT_EQ(ahead.tracks()[0].width, 352);
  EXPECT_EQ(ahead.take(test_start + 2s, 1s).size(), 5U);
  for (const auto& unit : make_video(0ms, 20, UnitsAhead::most_bytes / 10)) ahead.add(unit, now, 10s);
  EXPECT_TRUE(ahead.take(test_start, 10s).empty()) << "a group that does not fit";
}

TEST_F(RelayChannelTest, a_connection_is_told_of_once_a_state_and_last_that_it_is_removed) {
  using State = ChannelConnection::State;
  for (int i = 0; i < 1000 && connections.empty(); ++i) io.run_one_for(10ms);
  ASSERT_EQ(connections.size(), 1U);
  EXPECT_EQ(connections[0].state, State::offline);
  EXPECT_NE(connections[0].cause, "");
  channel->retry();
  const auto attempts = channel->status().streams.at("main").source.attempts;
  for (int i = 0; i < 1000 && channel->status().streams.at("main").source.attempts < attempts + 2; ++i) {
    channel->retry();
    io.run_one_for(10ms);
  }
  ASSERT_GE(channel->status().streams.at("main").source.attempts, attempts + 2);
  EXPECT_EQ(connections.size(), 1U);
  channel->stop(true);
  io.run_for(100ms);
  ASSERT_EQ(connections.size(), 2U);
  EXPECT_EQ(connections[1].state, State::removed);
}

/// A device with one stream, which a test publishes.
class Device final : public media::RtspContent {
 public:
  explicit Device(std::shared_ptr<media::StreamHub> hub) : hub_(std::move(hub)) {}

  asio::awaitable<base::Result<media::RtspDescription>> describe(media::RtspTarget) override {
    media::RtspDescription description;
    description.tracks = hub_->tracks();
    co_return description;
  }
  asio::awaitable<base::Result<std::unique_ptr<media::RtspFeed>>> open(
      media::RtspTarget, asio::any_io_executor executor) override {
    co_return hub_->read_trains(std::move(executor), 1 << 20);
  }

 private:
  const std::shared_ptr<media::StreamHub> hub_;
};

/// A second of pictures that can be sent by RTP: each is a NAL unit behind its length.
std::vector<media::AccessUnitPtr> make_second(base::Duration at) {
  std::vector<media::AccessUnitPtr> units;
  for (const auto& picture : make_video(at, 25)) {
    auto unit = std::make_shared<media::AccessUnit>(*picture);
    unit->payload.assign(200, 0x80);
    const std::uint8_t nal_unit[] = {0, 0, 0, 196, static_cast<std::uint8_t>(unit->key ? 0x65 : 0x41)};
    std::ranges::copy(nal_unit, unit->payload.begin());
    units.push_back(std::move(unit));
  }
  return units;
}

TEST(RelayChannelOfADevice, what_was_on_its_way_when_the_device_was_lost_resumes_nothing) {
  asio::io_context io;
  TestVolume volume;
  volume.open();
  const auto camera = std::make_shared<media::StreamHub>("camera", 1);
  camera->set_tracks(video_tracks());
  auto server = media::RtspServer::start(
      {}, volume.clock, [&] { return io.get_executor(); }, std::make_shared<Device>(camera));
  ASSERT_TRUE(server);
  ChannelSettings settings;
  settings.id = "gate";
  settings.name = "Gate";
  settings.recorded_stream = "main";
  settings.streams["main"].client.url = fmt::format("rtsp://127.0.0.1:{}/main", (*server)->port());
  std::vector<std::string> events;
  const auto channel =
      std::make_shared<RelayChannel>(io.get_executor(), volume.clock, *volume.storage, settings,
                                     [&](const ChannelEvent& event) { events.push_back(event.type); });
  channel->start(false);
  std::chrono::seconds second{};
  const auto publish_until = [&](auto& hub, const std::string& event) {
    for (int i = 0; i < 500 && std::ranges::count(events, event) == 0; ++i) {
      for (const auto& unit : make_second(second++)) hub->publish(unit);
      io.run_for(10ms);
    }
  };
  publish_until(camera, "recording.started");
  ASSERT_EQ(events.back(), "recording.started");
  server->reset();
  publish_until(camera, "channel.offline");
  ASSERT_EQ(events.back(), "channel.offline");
  const auto relayed = channel->hub("main");
  const auto before = channel->status().recorder.units;
  for (const auto& unit : make_second(second++)) relayed->publish(unit);
  io.run_for(10ms);
  EXPECT_EQ(channel->status().recorder.units, before + 25);
  EXPECT_EQ(events.back(), "channel.offline");
  EXPECT_EQ(channel->status().recording, RecordingState::waiting);
  channel->stop();
  io.run_for(10ms);
}

}  // namespace
}  // namespace watchrig::storage
