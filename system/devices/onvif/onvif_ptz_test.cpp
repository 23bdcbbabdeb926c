#include "system/devices/onvif/onvif_ptz.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/onvif/zoom_law.hpp"
#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeDevice;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* ptz =
    "<Service><Namespace>http://www.onvif.org/ver20/ptz/wsdl</Namespace>"
    "<XAddr>http://10.0.0.1/onvif/ptz</XAddr></Service>";
constexpr const char* media =
    "<Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace>"
    "<XAddr>http://10.0.0.1/onvif/media</XAddr></Service>";

struct OnvifPtzTest : ::testing::Test {
  OnvifPtzTest() {
    device.replies["device GetServices"] = FakeDevice::content(std::string("<R>") + ptz + media + "</R>");
    device.replies["media GetProfiles"] = FakeDevice::content(
        "<R><Profiles token=\"one\"><VideoEncoderConfiguration/></Profiles><Profiles token=\"two\">"
        "<VideoEncoderConfiguration/><PTZConfiguration><NodeToken>n2</NodeToken></PTZConfiguration></"
        "Profiles></R>");
    device.replies["ptz GetNodes"] = FakeDevice::content(
        "<R><PTZNode token=\"n1\"><HomeSupported>true</HomeSupported></PTZNode><PTZNode token=\"n2\">"
        "<SupportedPTZSpaces><ContinuousPanTiltVelocitySpace/></SupportedPTZSpaces>"
        "<MaximumNumberOfPresets>7</MaximumNumberOfPresets><AuxiliaryCommands>tt:Wiper|On</AuxiliaryCommands>"
        "<AuxiliaryCommands>tt:Wiper|Off</AuxiliaryCommands></PTZNode></R>");
    head = make_onvif_ptz(device.clock, device.contact(), 1);
  }
  template <class Value>
  base::Result<Value> run(PtzHead::Answer<Value> question) {
    return device.run(std::move(question), base::Result<Value>(base::Error{}));
  }

  FakeDevice device;
  std::unique_ptr<PtzHead> head;
};

TEST_F(OnvifPtzTest, TellsWhatTheNodeOfTheChannelsProfileCanDo) {
  const auto can = run(head->abilities());
  ASSERT_TRUE(can) << can.error().message;
  EXPECT_EQ(can->continuous, Ability::yes);
  EXPECT_EQ(can->absolute, Ability::no);
  EXPECT_EQ(can->home, Ability::no);
  EXPECT_EQ(can->presets, Ability::yes);
  EXPECT_EQ(can->most_presets, 7);
  EXPECT_EQ(can->tours, Ability::no);
  EXPECT_THAT(can->auxiliaries, ElementsAre("Wiper"));
}

TEST_F(OnvifPtzTest, SendsAMovementWithItsLifeByTheProfileThatHasAHead) {
  std::string sent;
  device.replies["ptz ContinuousMove"] = [&](const http::Request& request) {
    sent = request.body;
    return FakeDevice::content("<R/>")(request);
  };
  ASSERT_TRUE(run(head->move({0.5, 0, {}}, 1500ms)));
  EXPECT_THAT(sent, HasSubstr("ProfileToken>two<"));
  EXPECT_THAT(sent, HasSubstr("x=\"0.5\" y=\"0\""));
  EXPECT_THAT(sent, HasSubstr("Timeout>PT1.5S<"));
  EXPECT_THAT(sent, Not(HasSubstr("Zoom")));
}

TEST_F(OnvifPtzTest, RefusesWhatTheHeadCannotWithoutAsking) {
  const auto refused = run(head->go({0, 0, {}}, 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::unsupported);
  EXPECT_THAT(device.asked, Not(Contains("ptz AbsoluteMove")));
}

TEST_F(OnvifPtzTest, ADeviceWithoutTheServiceHasNoHead) {
  device.serve(true, false);
  const auto can = run(head->abilities());
  ASSERT_TRUE(can);
  EXPECT_EQ(can->continuous, Ability::no);
  EXPECT_THAT(run(head->stop()).error().message, HasSubstr("no head"));
}

TEST_F(OnvifPtzTest, WhatDoesNotSayWhatItCanDoIsTried) {
  device.replies.erase("ptz GetNodes");
  device.replies["ptz GotoHomePosition"] = FakeDevice::content("<R/>");
  EXPECT_EQ(run(head->abilities())->home, Ability::unknown);
  EXPECT_TRUE(run(head->go_home(1)));
}

TEST_F(OnvifPtzTest, ALimitOfTheDeviceIsOne) {
  device.replies["ptz SetPreset"] = [](const auto&) { return FakeDevice::fault(400, "ter:TooManyPresets"); };
  EXPECT_EQ(run(head->set_preset("", "x")).error().kind, base::ErrorKind::full);
  device.replies["ptz GotoPreset"] = [](const auto&) { return FakeDevice::fault(400, "ter:NoToken"); };
  EXPECT_EQ(run(head->go_to_preset("9", 1)).error().kind, base::ErrorKind::not_found);
}

TEST(ZoomLaw, LearnsFromTwoFieldsOfView) {
  ZoomLaw law;
  EXPECT_NEAR(law.zoomed(0, 20), 1, 1e-9);
  law.learn(0, 60);
  law.learn(0.5, 30);
  EXPECT_NEAR(law.zoomed(0.5, 2), 1, 1e-9);
  EXPECT_NEAR(law.zoomed(0.5, 0.5), 0, 1e-9);
  EXPECT_DOUBLE_EQ(law.zoomed(0.9, 100), 1);
}

}  // namespace
}  // namespace watchrig::devices
