#include "system/storage/relay/relay_channel.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "system/storage/testing/test_volume.hpp"

namespace watchrig::storage {
namespace {

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
  boost::asio::io_context io;
  std::vector<std::string> events;  ///< of recording
  std::vector<ChannelConnection> connections;
  std::shared_ptr<RelayChannel> channel;
};

TEST_F(RelayChannelTest, what_is_queued_when_the_plan_ends_is_recorded_and_does_not_begin_it_again) {
  publish(make_video(0ms, 25));
  io.poll();
  EXPECT_EQ(channel->status().recording, RecordingState::recording);
  channel->record("");
  publish(make_video(1s, 25));
  io.poll();
  EXPECT_EQ(channel->status().recording, RecordingState::stopped);
  EXPECT_EQ(events, (std::vector<std::string>{"recording.started", "recording.stopped"}));
  ASSERT_TRUE(volume.storage->flush());
  EXPECT_EQ(volume.read("gate").size(), 50U);
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

}  // namespace
}  // namespace watchrig::storage
