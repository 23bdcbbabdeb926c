#include "system/devices/onvif/onvif_imaging.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/onvif/onvif_ptz.hpp"
#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using testing::FakeDevice;
using ::testing::HasSubstr;

constexpr const char* services =
    "<R><Service><Namespace>http://www.onvif.org/ver20/imaging/wsdl</Namespace>"
    "<XAddr>http://10.0.0.1/onvif/imaging</XAddr></Service>"
    "<Service><Namespace>http://www.onvif.org/ver10/media/wsdl</Namespace>"
    "<XAddr>http://10.0.0.1/onvif/media</XAddr></Service></R>";

struct OnvifImagingTest : ::testing::Test {
  OnvifImagingTest() {
    device.replies["device GetServices"] = FakeDevice::content(services);
    device.replies["media GetProfiles"] = FakeDevice::content(
        "<R><Profiles token=\"one\"><VideoSourceConfiguration><SourceToken>s1</SourceToken>"
        "</VideoSourceConfiguration><VideoEncoderConfiguration/></Profiles></R>");
    device.replies["imaging GetImagingSettings"] = FakeDevice::content(
        "<R><ImagingSettings xmlns=\"http://www.onvif.org/ver10/schema\"><Brightness>0.5</Brightness>"
        "<Exposure><Mode>AUTO</Mode><Priority>LowNoise</Priority><Iris>-2</Iris></Exposure>"
        "<Sharpness>many</Sharpness></ImagingSettings></R>");
    device.replies["imaging GetOptions"] = FakeDevice::content(
        "<R><ImagingOptions><Brightness><Min>-1</Min><Max>1</Max></Brightness><Contrast><Min>9</Min>"
        "<Max>1</Max></Contrast><Exposure><Mode>AUTO</Mode><Mode>MANUAL</Mode><Iris><Min>-10</Min>"
        "<Max>0</Max></Iris></Exposure><IrCutFilterModes>ON</IrCutFilterModes></ImagingOptions></R>");
    for (const char* operation : {"SetImagingSettings", "Move", "Stop"}) {
      device.replies[std::string("imaging ") + operation] = [this](const http::Request& request) {
        sent.push_back(request.body);
        return FakeDevice::content("<R/>")(request);
      };
    }
    device.replies["imaging GetMoveOptions"] = FakeDevice::content(
        "<R><MoveOptions><Continuous><Speed><Min>-7</Min><Max>5</Max></Speed></Continuous></MoveOptions></"
        "R>");
  }
  base::Result<PictureState> read() {
    return device.run(read_picture(device.clock, device.contact(), 1),
                      base::Result<PictureState>(base::Error{}));
  }
  base::Result<PictureChange> change(PictureWishes wishes) {
    return device.run(change_picture(device.clock, device.contact(), 1, std::move(wishes)),
                      base::Result<PictureChange>(base::Error{}));
  }

  FakeDevice device;
  std::vector<std::string> sent;
};

TEST_F(OnvifImagingTest, TellsWhatThereIsAndWhatIsNot) {
  const auto state = read();
  ASSERT_TRUE(state) << state.error().message;
  const auto& brightness = *state->find("brightness");
  EXPECT_EQ(brightness.ability, Ability::yes);
  EXPECT_EQ(brightness.number, 0.5);
  EXPECT_EQ(brightness.range->min, -1);
  EXPECT_FALSE(state->find("contrast")->range) << "upside down";
  EXPECT_FALSE(state->find("sharpness")->number);
  EXPECT_EQ(state->find("day_night")->ability, Ability::no) << "one mode is nothing to choose";
  EXPECT_EQ(state->find("saturation")->ability, Ability::no);
  device.replies.erase("imaging GetOptions");
  EXPECT_EQ(read()->find("saturation")->ability, Ability::unknown);
  device.replies.erase("imaging GetImagingSettings");
  EXPECT_EQ(read()->ability, Ability::no);
}

TEST_F(OnvifImagingTest, WritesIntoTheDevicesOwnSettingsInTheOrderOfTheSchema) {
  const auto changed =
      change({{"brightness", {-1, {}}}, {"contrast", {3, {}}}, {"exposure", {{}, "MANUAL"}}});
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_FALSE(changed->refusal) << changed->refusal->reason;
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0], HasSubstr("VideoSourceToken>s1<"));
  EXPECT_THAT(sent[0], HasSubstr("<tt:Brightness>-1</tt:Brightness><tt:Contrast>3</tt:Contrast><tt:Exposure>"
                                 "<tt:Mode>MANUAL</tt:Mode><tt:Priority>LowNoise</tt:Priority>"));
}

TEST_F(OnvifImagingTest, WhatTheDeviceDoesNotHaveIsNotSent) {
  for (const auto& [name, wish] : PictureWishes{{"brightness", {1.01, {}}},
                                                {"exposure", {{}, "SOMETIMES"}},
                                                {"saturation", {1, {}}},
                                                {"contrast", {std::nan(""), {}}}}) {
    const auto changed = change({{name, wish}});
    ASSERT_TRUE(changed && changed->refusal) << name;
    EXPECT_EQ(changed->refusal->name, name);
  }
  EXPECT_TRUE(sent.empty());
}

TEST_F(OnvifImagingTest, ALensWithoutAHeadIsMovedAndStopped) {
  const auto lens = make_onvif_ptz(device.clock, device.contact(), 1);
  const auto run = [&](PtzHead::Answer<> work) {
    return device.run(std::move(work), base::Result<>(base::Error{}));
  };
  const auto can = device.run(lens->abilities(), base::Result<PtzAbilities>(base::Error{}));
  ASSERT_TRUE(can) << can.error().message;
  EXPECT_EQ(can->continuous, Ability::no);
  EXPECT_EQ(can->focus, Ability::yes);
  EXPECT_EQ(can->iris, Ability::yes);
  ASSERT_TRUE(run(lens->move({.focus = -0.5}, 1s)));
  EXPECT_THAT(sent.back(), HasSubstr("Speed>-3.5<"));
  ASSERT_TRUE(run(lens->stop()));
  EXPECT_THAT(sent.back(), HasSubstr("timg:Stop"));
  ASSERT_TRUE(run(lens->step({.iris = 0.1}, 1)));
  EXPECT_THAT(sent.back(), HasSubstr("Iris>-3<"));
  EXPECT_THAT(sent.back(), HasSubstr("Mode>MANUAL<"));
  const auto distance = run(lens->step({.focus = 0.1}, 1));
  ASSERT_FALSE(distance);
  EXPECT_EQ(distance.error().kind, base::ErrorKind::unsupported);
}

}  // namespace
}  // namespace watchrig::devices
