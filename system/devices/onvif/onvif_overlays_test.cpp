#include "system/devices/onvif/onvif_overlays.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using ::testing::ElementsAre;
using testing::FakeDevice;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = PictureOverlay::Kind;

constexpr const char* options =
    "<R><OSDOptions><MaximumNumberOfOSDs Total=\"4\" PlainText=\"2\"/><Type>Text</Type>"
    "<PositionOption>UpperLeft</PositionOption>{}<TextOption><Type>Plain</Type>"
    "<DateFormat>yyyy/MM/dd</DateFormat></TextOption></OSDOptions></R>";

std::string line(const char* token, const char* position, const char* text, const char* whose = "") {
  return fmt::format(
      "<OSDs token=\"{}\"><VideoSourceConfigurationToken>{}</VideoSourceConfigurationToken>"
      "<Type>Text</Type><Position>{}</Position><TextString>{}</TextString></OSDs>",
      token, whose, position, text);
}

struct OnvifOverlaysTest : ::testing::Test {
  OnvifOverlaysTest() {
    device.serve(true, false);
    offer(true);
    for (const char* operation : {"CreateOSD", "SetOSD", "DeleteOSD"}) {
      device.replies[std::string("media ") + operation] = [this](const http::Request& request) {
        sent.push_back(request.body);
        return FakeDevice::content("<R/>")(request);
      };
    }
    device.replies["media GetOSDs"] = FakeDevice::content(
        "<R>" +
        line("a", "<Type>Custom</Type><Pos x=\"-0.5\" y=\"0.5\"/>",
             "<Type>Plain</Type><PlainText>  Gate</PlainText>") +
        line("b", "<Type>UpperLeft</Type>",
             "<Type>DateAndTime</Type><DateFormat>dd.MM</DateFormat><TimeFormat>HH</TimeFormat>") +
        line("c", "<Type>Custom</Type><Pos x=\"lots\" y=\"nan\"/>", "<Type>Plain</Type>") +
        line("d", "", "", "another") + "</R>");
  }
  void offer(bool anywhere) {
    device.replies["media GetOSDOptions"] = FakeDevice::content(
        fmt::format(fmt::runtime(options), anywhere ? "<PositionOption>Custom</PositionOption>" : ""));
  }
  base::Result<OverlayState> read() {
    return device.run(read_overlays(device.clock, device.contact(), 1),
                      base::Result<OverlayState>(base::Error{}));
  }
  base::Result<OverlayState> change(std::vector<PictureOverlay> wanted) {
    OverlayPlan plan = [wanted](const OverlayState&) {
      return base::Result<std::vector<PictureOverlay>>(wanted);
    };
    return device.run(change_overlays(device.clock, device.contact(), 1, plan),
                      base::Result<OverlayState>(base::Error{}));
  }

  FakeDevice device;
  std::vector<std::string> sent;
};

TEST_F(OnvifOverlaysTest, ReadsWhatIsWrittenAndHowMuchThereMayBe) {
  const auto state = read();
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->ability, Ability::yes);
  EXPECT_TRUE(state->anywhere);
  EXPECT_EQ(state->most, 4);
  EXPECT_EQ(state->most_texts, 2);
  EXPECT_EQ(state->most_times, -1);
  ASSERT_EQ(state->overlays.size(), 3U);
  EXPECT_EQ(state->overlays[0].text, "  Gate");
  EXPECT_NEAR(state->overlays[0].x, 0.25, 1e-9);
  EXPECT_NEAR(state->overlays[0].y, 0.25, 1e-9);
  EXPECT_EQ(state->overlays[1].kind, Kind::time);
  EXPECT_EQ(state->overlays[2].x, 0.5);
}

TEST_F(OnvifOverlaysTest, ADeviceThatCannotIsNoErrorUntilItIsToWrite) {
  device.replies.erase("media GetOSDOptions");
  const auto state = read();
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->ability, Ability::no);
  const auto changed = change({});
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, base::ErrorKind::unsupported);
}

TEST_F(OnvifOverlaysTest, SendsOnlyWhatDiffersAndFirstWhatGoes) {
  auto wanted = read()->overlays;
  wanted.erase(wanted.begin() + 2);
  wanted[1].x = 0.75;
  wanted.push_back({{}, Kind::text, "  new", 0, 1});
  ASSERT_TRUE(change(wanted));
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_THAT(sent[0], HasSubstr("DeleteOSD><trt:OSDToken>c<"));
  EXPECT_THAT(sent[1], HasSubstr("x=\"0.5000\" y=\"1.0000\""));
  EXPECT_THAT(sent[1], HasSubstr("DateFormat>dd.MM<"));
  EXPECT_THAT(sent[1], HasSubstr("TimeFormat>HH<"));
  EXPECT_THAT(sent[2], HasSubstr("CreateOSD>"));
  EXPECT_THAT(sent[2], HasSubstr("PlainText>  new<"));
  EXPECT_THAT(sent[2], HasSubstr("x=\"-1.0000\" y=\"-1.0000\""));
}

TEST_F(OnvifOverlaysTest, WithoutCoordinatesTheNearestCornerHasToDo) {
  offer(false);
  auto wanted = read()->overlays;
  wanted[0].x = 0.8;
  wanted[0].y = 0.9;
  ASSERT_TRUE(change(wanted));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0], HasSubstr("Type>LowerRight<"));
  EXPECT_THAT(sent[0], Not(HasSubstr("Custom")));
}

TEST_F(OnvifOverlaysTest, TooManyLinesAreRefusedBeforeAnythingChanges) {
  auto wanted = read()->overlays;
  wanted.push_back({{}, Kind::text, "third", 0, 0});
  const auto changed = change(wanted);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().kind, base::ErrorKind::invalid);
  EXPECT_THAT(changed.error().message, HasSubstr("at most 2 lines of text"));
  EXPECT_THAT(sent, ElementsAre());
}

}  // namespace
}  // namespace watchrig::devices
