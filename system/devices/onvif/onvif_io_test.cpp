#include "system/devices/onvif/onvif_io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using testing::FakeDevice;
using ::testing::HasSubstr;

std::string notice(const char* topic, const char* name, const char* token, const char* state) {
  return fmt::format(
      "<NotificationMessage><Topic>tns1:Device/Trigger/{}</Topic><Message><Message "
      "PropertyOperation=\"Initialized\"><Source><SimpleItem Name=\"{}\" Value=\"{}\"/></Source><Data>"
      "<SimpleItem Name=\"LogicalState\" Value=\"{}\"/></Data></Message></Message></NotificationMessage>",
      topic, name, token, state);
}

struct OnvifIoTest : ::testing::Test {
  OnvifIoTest() {
    device.replies["device GetServices"] = FakeDevice::content(
        "<R><Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace>"
        "<XAddr>http://10.0.0.1/onvif/media</XAddr></Service><Service><Namespace>"
        "http://www.onvif.org/ver10/deviceIO/wsdl</Namespace><XAddr>http://10.0.0.1/onvif/io</XAddr></"
        "Service>"
        "<Service><Namespace>http://www.onvif.org/ver10/events/wsdl</Namespace>"
        "<XAddr>http://10.0.0.1/onvif/events</XAddr></Service></R>");
    device.replies["device GetRelayOutputs"] = FakeDevice::content(
        "<R><RelayOutputs token=\"r1\"><Properties><Mode>Monostable</Mode><DelayTime>PT2.5S</DelayTime>"
        "<IdleState>closed</IdleState></Properties></RelayOutputs><RelayOutputs token=\"r2\"><Properties>"
        "<Mode>Bistable</Mode><DelayTime>soon</DelayTime></Properties></RelayOutputs></R>");
    device.replies["io GetDigitalInputs"] = FakeDevice::content(
        "<R><DigitalInputs token=\"i1\" IdleState=\"closed\"/><DigitalInputs token=\"i2\"/></R>");
    device.replies["events CreatePullPointSubscription"] = FakeDevice::content(
        "<R><SubscriptionReference><Address>http://127.0.0.1/onvif/events</Address></SubscriptionReference></"
        "R>");
    device.replies["events PullMessages"] =
        FakeDevice::content("<R>" + notice("Relay", "RelayToken", "r2", "active") +
                            notice("DigitalInput", "InputToken", "i1", "false") + "</R>");
    for (const char* operation : {"SetRelayOutputState", "SetRelayOutputSettings"}) {
      device.replies[std::string("device ") + operation] = [this](const http::Request& request) {
        sent = request.body;
        return FakeDevice::content("<R/>")(request);
      };
    }
  }
  base::Result<DigitalIo> read() {
    return device.run(read_io(device.clock, device.contact()), base::Result<DigitalIo>(base::Error{}));
  }

  FakeDevice device;
  std::string sent;
};

TEST_F(OnvifIoTest, ReadsInputsAndOutputsAndTheirStatesFromEvents) {
  const auto io = read();
  ASSERT_TRUE(io) << io.error().message;
  ASSERT_EQ(io->outputs.size(), 2U);
  EXPECT_TRUE(io->outputs[0].settings.monostable);
  EXPECT_TRUE(io->outputs[0].settings.idle_closed);
  EXPECT_EQ(io->outputs[0].settings.delay, 2500ms);
  EXPECT_FALSE(io->outputs[0].active);
  EXPECT_EQ(io->outputs[1].active, true);
  ASSERT_EQ(io->inputs.size(), 2U);
  EXPECT_EQ(io->inputs[0].idle_closed, true);
  EXPECT_EQ(io->inputs[0].active, false);
  EXPECT_FALSE(io->inputs[1].active);
}

TEST_F(OnvifIoTest, WhatTheDeviceDoesNotHaveIsNoError) {
  device.replies.erase("device GetRelayOutputs");
  device.replies.erase("io GetDigitalInputs");
  const auto io = read();
  ASSERT_TRUE(io) << io.error().message;
  EXPECT_EQ(io->has_outputs, Ability::no);
  EXPECT_EQ(io->has_inputs, Ability::unknown);
}

TEST_F(OnvifIoTest, SwitchesAndSetsARelay) {
  ASSERT_TRUE(
      device.run(switch_output(device.clock, device.contact(), "r1", true), base::Result<>(base::Error{})));
  EXPECT_THAT(sent, HasSubstr("RelayOutputToken>r1<"));
  EXPECT_THAT(sent, HasSubstr("LogicalState>active<"));
  ASSERT_TRUE(device.run(set_output(device.clock, device.contact(), "r1", {true, 500ms, true}),
                         base::Result<>(base::Error{})));
  EXPECT_THAT(sent, HasSubstr("<tt:Mode>Monostable</tt:Mode><tt:DelayTime>PT0.5S</tt:DelayTime>"
                              "<tt:IdleState>closed</tt:IdleState>"));
}

}  // namespace
}  // namespace watchrig::devices
