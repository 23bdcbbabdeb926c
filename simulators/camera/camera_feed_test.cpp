#include "simulators/camera/camera_feed.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "simulators/camera/testing/sample_trains.hpp"

namespace watchrig::camera {
namespace {

TEST(CameraFeed, TellsOfItsReaderWithTheFirstPictureThatItDoesNotPassOver) {
  const base::Clock clock;
  boost::asio::io_context io;
  scene::SourceSpec spec;
  spec.profile = scene::parse_profile("h264 64x64@5 100kbps").value();
  BroadcastRegistry broadcasts(clock, 7);
  const auto stream =
      std::make_shared<CameraStream>("gate", "main", broadcasts.open(spec, TrackRole::video).value(), nullptr,
                                     std::make_shared<kernel::FaultBoard>(clock), clock);
  const auto analytics = std::make_shared<VideoAnalytics>(VideoAnalytics::Form{});
  std::vector<std::string> told;
  analytics->on_reader([&](const std::string& name) { told.push_back(name); });
  stream->add_metadata(analytics, true, 1);
  CameraFeed feed(stream, io.get_executor(), base::Start::at_restart_point);
  auto train = testing::sample_train(0, 2);
  train.video = true;
  train.key = false;
  feed.push(std::make_shared<media::RtpTrain>(train));
  EXPECT_TRUE(told.empty());
  train.key = true;
  for (int time = 0; time < 2; ++time) feed.push(std::make_shared<media::RtpTrain>(train));
  EXPECT_EQ(told, std::vector<std::string>{"main"});
}

}  // namespace
}  // namespace watchrig::camera
