#include "system/devices/onvif/clock_calibration.hpp"

#include <gtest/gtest.h>

#include "system/devices/testing/fake_onvif_device.hpp"

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using testing::FakeDevice;
using Checks = std::vector<base::Result<ClockCheck>>;

/// A device whose clock is ahead, and is ours once it has been set.
class Watch : public FakeDevice {
 public:
  explicit Watch(base::Duration by) : ahead(by) {
    replies["device GetSystemDateAndTime"] = [this](const auto&) {
      return date_and_time(clock.now() + ahead);
    };
    replies["device SetSystemDateAndTime"] = [this](const http::Request& request) {
      const auto message = protocols::SoapMessage::parse(request.body).value();
      hour_set = protocols::text_at(message.content(), "UTCDateTime/Time/Hour");
      ahead = {};
      return content("<R/>")({});
    };
  }
  Checks calibrate(std::size_t times = 1) {
    const std::vector<OnvifClient::Options> contacts(times, contact());
    return run(calibrate_clocks(clock, contacts, 2s), Checks{});
  }

  base::Duration ahead;
  std::string hour_set;
};

TEST(ClockCalibration, SetsWhatIsOffByMoreThanIsTolerated) {
  for (const base::Duration by : {base::Duration(1h), base::Duration(-1h), base::Duration(2s)}) {
    Watch watch(by);
    const auto checks = watch.calibrate();
    ASSERT_EQ(checks.size(), 1u);
    ASSERT_TRUE(checks[0]) << checks[0].error().message;
    EXPECT_TRUE(checks[0]->corrected);
    EXPECT_EQ(checks[0]->offset, by + 500ms);
    EXPECT_EQ(watch.hour_set, "12");
  }
}

TEST(ClockCalibration, LeavesAloneWhatIsRight) {
  Watch watch(1s);
  const auto checks = watch.calibrate();
  EXPECT_FALSE(checks.at(0)->corrected);
  EXPECT_EQ(watch.hour_set, "");
}

TEST(ClockCalibration, EachDeviceHasItsResult) {
  Watch watch(1h);
  const auto checks = watch.calibrate(40);
  ASSERT_EQ(checks.size(), 40u);
  for (const auto& check : checks) EXPECT_TRUE(check);
  EXPECT_TRUE(watch.calibrate(0).empty());
}

TEST(ClockCalibration, DaylightSavingStaysAndNtpIsNotTakenAway) {
  Watch watch(1h);
  const auto answer = [&](const char* type) {
    auto reply = FakeDevice::date_and_time(watch.clock.now() + watch.ahead);
    const std::string marks =
        fmt::format("<DateTimeType>{}</DateTimeType><DaylightSavings>true</DaylightSavings>", type);
    reply.body.insert(reply.body.find("<UTCDateTime>"), marks);
    return reply;
  };
  std::string daylight;
  const auto usual = watch.replies["device SetSystemDateAndTime"];
  watch.replies["device SetSystemDateAndTime"] = [&](const http::Request& request) {
    const auto message = protocols::SoapMessage::parse(request.body).value();
    daylight = protocols::text_at(message.content(), "DaylightSavings");
    return usual(request);
  };
  watch.replies["device GetSystemDateAndTime"] = [&](const auto&) { return answer("NTP"); };
  EXPECT_EQ(watch.calibrate().at(0).error().kind, base::ErrorKind::conflict);
  EXPECT_EQ(daylight, "");
  watch.replies["device GetSystemDateAndTime"] = [&](const auto&) { return answer("Manual"); };
  EXPECT_TRUE(watch.calibrate().at(0)->corrected);
  EXPECT_EQ(daylight, "true");
}

TEST(ClockCalibration, WhatIsRefusedOrLiesIsTold) {
  Watch refusing(1h);
  refusing.replies["device SetSystemDateAndTime"] = [](const auto&) {
    return FakeDevice::fault(400, "ter:NotAuthorized");
  };
  EXPECT_EQ(refusing.calibrate().at(0).error().kind, base::ErrorKind::denied);
  Watch lying(1h);
  lying.replies["device SetSystemDateAndTime"] = FakeDevice::content("<R/>");
  EXPECT_EQ(lying.calibrate().at(0).error().kind, base::ErrorKind::conflict);
  Watch without(1h);
  for (const char* year : {"0", "1969", "2200", "32767", "x"}) {
    without.replies["device GetSystemDateAndTime"] = FakeDevice::content(fmt::format(
        "<R><SystemDateAndTime><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute><Second>3</Second></Time>"
        "<Date><Year>{}</Year><Month>1</Month><Day>1</Day></Date></UTCDateTime></SystemDateAndTime></R>",
        year));
    EXPECT_EQ(without.calibrate().at(0).error().kind, base::ErrorKind::unsupported) << year;
  }
}

}  // namespace
}  // namespace watchrig::devices
