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
    channel = std::make_shared<RelayChannel>(io.get_executor(), volume.clock, *volume.storage, settings,
                                             [this](const ChannelEvent& event) {
                                               if (event.type.starts_with("recording."))
                                                 events.push_back(event.type);
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

}  // namespace
}  // namespace watchrig::storage
