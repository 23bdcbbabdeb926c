#include "system/devices/onvif/device_information.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using ::testing::Contains;
using testing::FakeDevice;
using ::testing::Pair;

struct InformationTest : ::testing::Test {
  base::Result<DeviceInformation> read() {
    return device.run(read_information(device.clock, device.contact()),
                      base::Result<DeviceInformation>(base::Error{}));
  }
  FakeDevice device;
};

TEST_F(InformationTest, OfADeviceThatTellsItAll) {
  device.serve(true, true);
  device.replies["device GetDeviceInformation"] = FakeDevice::content(
      "<R><Manufacturer>M\xc3\xa4ker</Manufacturer><Model> X 1 </Model><FirmwareVersion>1.2</FirmwareVersion>"
      "<SerialNumber>S-7</SerialNumber><HardwareId>hw</HardwareId></R>");
  device.replies["device GetNetworkInterfaces"] = FakeDevice::content(
      "<R><NetworkInterfaces><Info><HwAddress>02:00:00:00:00:01</HwAddress></Info></NetworkInterfaces></R>");
  device.replies["device GetCapabilities"] = FakeDevice::content(
      "<R><Capabilities><Device><IO><InputConnectors>2</InputConnectors><RelayOutputs>-4</RelayOutputs></"
      "IO></Device>"
      "</Capabilities></R>");
  const auto told = read();
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->manufacturer, "M??ker");
  EXPECT_EQ(told->model, "X 1");
  EXPECT_EQ(told->serial_number, "S-7");
  EXPECT_EQ(told->mac, "02:00:00:00:00:01");
  EXPECT_EQ(told->alarm_inputs, 2);
  EXPECT_EQ(told->alarm_outputs, -1);
  EXPECT_EQ(told->video_inputs, 1);
  EXPECT_EQ(told->audio_inputs, -1);
  EXPECT_THAT(told->abilities, Contains(Pair("media2", Ability::yes)));
  EXPECT_THAT(told->abilities, Contains(Pair("ptz", Ability::no)));
}

TEST_F(InformationTest, WhatIsRefusedIsUnknown) {
  device.replies["device GetDeviceInformation"] =
      FakeDevice::content("<R><Model>" + std::string(5000, 'x') + "</Model></R>");
  const auto told = read();
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->model.size(), 128U);
  EXPECT_EQ(told->serial_number, "");
  EXPECT_EQ(told->video_inputs, -1);
  EXPECT_THAT(told->abilities, Contains(Pair("ptz", Ability::unknown)));
}

TEST_F(InformationTest, SpeechIsForThoseThatDecodeIt) {
  device.serve(true, true);
  device.replies["device GetDeviceInformation"] = FakeDevice::content("<R><Model>X</Model></R>");
  EXPECT_THAT(read()->abilities, Contains(Pair("talk", Ability::no))) << "it does not know the question";
  device.replies["media2 GetAudioDecoderConfigurations"] = FakeDevice::content("<R/>");
  EXPECT_THAT(read()->abilities, Contains(Pair("talk", Ability::no)));
  device.replies["media2 GetAudioDecoderConfigurations"] =
      FakeDevice::content("<R><Configurations token=\"d1\"/></R>");
  EXPECT_THAT(read()->abilities, Contains(Pair("talk", Ability::yes)));
  device.replies["media2 GetAudioDecoderConfigurations"] = [](const auto&) {
    return FakeDevice::fault(500, "ter:Action");
  };
  device.replies["media GetAudioDecoderConfigurations"] =
      device.replies["media2 GetAudioDecoderConfigurations"];
  EXPECT_THAT(read()->abilities, Contains(Pair("talk", Ability::unknown)));
}

TEST_F(InformationTest, WithoutAnIdentityThereIsNone) {
  device.replies["device GetDeviceInformation"] = [](const auto&) {
    return FakeDevice::fault(401, "ter:NotAuthorized");
  };
  EXPECT_EQ(read().error().kind, base::ErrorKind::denied);
}

}  // namespace
}  // namespace watchrig::devices
