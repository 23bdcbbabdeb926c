#include "system/central/devices/makers_paths.hpp"

#include <gtest/gtest.h>

#include "system/central/devices/device.hpp"

namespace watchrig::central {
namespace {

Streams of_channel_2(std::string_view driver) {
  Device device;
  device.name = "Gate";
  device.driver = driver;
  device.streams = usual_streams(driver, {"10.0.0.5", 554});
  device.channel_count = 2;
  const auto good = checked(device);
  return good ? streams_of(*good, good->channels.at(1)) : Streams{};
}

TEST(MakersPaths, are_those_of_the_driver_with_the_number_of_the_channel) {
  EXPECT_EQ(of_channel_2("axis"),
            (Streams{{"main", "rtsp://10.0.0.5:554/axis-media/media.amp?camera=2"},
                     {"sub", "rtsp://10.0.0.5:554/axis-media/media.amp?camera=2&resolution=640x360"},
                     {"sub2", "rtsp://10.0.0.5:554/axis-media/media.amp?camera=2&resolution=320x180"}}));
  EXPECT_EQ(of_channel_2("sony"), (Streams{{"main", "rtsp://10.0.0.5:554/media/video1"},
                                           {"sub", "rtsp://10.0.0.5:554/media/video2"},
                                           {"sub2", "rtsp://10.0.0.5:554/media/video3"}}));
  EXPECT_EQ(of_channel_2("rtsp").at("sub"), "rtsp://10.0.0.5:554/cam/realmonitor?channel=2&subtype=1");
  EXPECT_EQ(of_channel_2("rtsp").at("sub2"), "rtsp://10.0.0.5:554/cam/realmonitor?channel=2&subtype=2");
}

TEST(MakersPaths, are_none_of_drivers_that_ask_the_device) {
  EXPECT_EQ(find_makers_paths("onvif"), nullptr);
  EXPECT_EQ(find_makers_paths("private"), nullptr);
  EXPECT_EQ(of_channel_2("onvif").at("main"), "http://10.0.0.5:554/onvif/device_service");
  EXPECT_FALSE(of_channel_2("onvif").contains("sub2")) << "not before the device has told of it";
}

}  // namespace
}  // namespace watchrig::central
