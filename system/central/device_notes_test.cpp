#include "system/central/device_notes.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "system/platform/in_process_bus.hpp"

namespace watchrig::central {
namespace {

using namespace std::chrono_literals;

class DeviceNotesTest : public testing::Test {
 protected:
  std::vector<std::string> traced() const {
    std::vector<std::string> lines;
    for (const auto& [message, outcome] : trace.find({}))
      lines.push_back(message.correlation + " " + message.from + " " + message.to + " " + message.name + " " +
                      boost::json::serialize(message.body) + " " + outcome);
    return lines;
  }

  base::ManualClock clock{base::UtcTime(1h)};
  platform::MessageTrace trace;
  platform::InProcessBus bus{clock, trace};
  DeviceNotes notes;
};

TEST_F(DeviceNotesTest, OperationsAreNotedByWhatTheyAreForWithWhatBecameOfThem) {
  notes.follow(bus);
  const auto watch = notes.watch("d1", "r1");
  watch("timg:GetImagingSettings")({});
  watch("timg:SetImagingSettings")(base::Error{base::ErrorKind::denied, "user name or password is refused"});
  watch("tds:SystemReboot")({});
  EXPECT_EQ(traced(), (std::vector<std::string>{
                          R"(r1 central d1 query_pu_params {"operation":"timg:GetImagingSettings"} sent)",
                          "r1 d1 central query_pu_params_result {} sent",
                          R"(r1 central d1 set_pu_params {"operation":"timg:SetImagingSettings"} sent)",
                          "r1 d1 central set_pu_params_result {} failed: user name or password is refused",
                          R"(r1 central d1 reset_device {"operation":"tds:SystemReboot"} sent)",
                          "r1 d1 central reset_device_received {} sent"}));
}

TEST_F(DeviceNotesTest, WhatTheServerAsksByItselfIsLeftOutButNotWhatItChanges) {
  notes.follow(bus);
  const auto watch = notes.watch("d1", "");
  EXPECT_FALSE(watch("trt:GetProfiles"));
  const auto set = watch("tds:SetSystemDateAndTime");
  ASSERT_TRUE(set);
  set({});
  const auto found = trace.find({});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_FALSE(found[0].message.correlation.empty());
  EXPECT_EQ(found[0].message.correlation, found[1].message.correlation);
  for (const char* subscription : {"tev:PullMessages", "tev:CreatePullPointSubscription", "wsnt:Renew"})
    EXPECT_FALSE(notes.watch("d1", "r1")(subscription)) << subscription;
}

TEST_F(DeviceNotesTest, WithoutABusNothingIsNoted) {
  notes.watch("d1", "r1")("tds:SetScopes")({});
  EXPECT_TRUE(traced().empty());
}

}  // namespace
}  // namespace watchrig::central
