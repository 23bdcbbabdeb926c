#include "system/devices/onvif/event_states.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace watchrig::devices {
namespace {

using namespace std::chrono_literals;
using Operation = EventNotice::Operation;

class EventStatesTest : public testing::Test {
 protected:
  void tell(bool active, Operation operation = Operation::changed,
            const std::string& topic = "VideoSource/MotionAlarm", const std::string& source = "v1",
            EventClass kind = EventClass::motion) {
    states_.take({kind, topic, source, "Source=" + source, operation, active, {}}, now_);
  }
  std::string told() {
    std::string text;
    for (const auto& alarm : alarms_) text += alarm.began ? '+' : '-';
    return text;
  }

  std::vector<DeviceAlarm> alarms_;
  EventStates states_{[this](const DeviceAlarm& alarm) { alarms_.push_back(alarm); }};
  base::UtcTime now_ = base::parse_utc("2026-01-31T12:00:00Z").value();
};

TEST_F(EventStatesTest, WhatADeviceRepeatsIsToldOnce) {
  tell(false, Operation::initialized);
  tell(true);
  now_ += 5s;
  for (int i = 0; i < 10; ++i) tell(true, Operation::initialized);
  EXPECT_EQ(told(), "+");
  EXPECT_EQ(states_.repeated(), 10u);
  tell(false, Operation::initialized);
  EXPECT_EQ(told(), "+-");
  EXPECT_EQ(alarms_.back().lasted, 5s);
}

TEST_F(EventStatesTest, TwoTopicsOfOneMotionAreOneAlarm) {
  states_.name_places(EventClass::motion, {{"v1", 1}, {"config-1", 1}, {"v2", 2}}, 2);
  tell(true);
  tell(true, Operation::changed, "RuleEngine/CellMotionDetector/Motion", "config-1");
  tell(false);
  EXPECT_EQ(told(), "+");
  tell(true, Operation::changed, "VideoSource/MotionAlarm", "v2");
  EXPECT_EQ(alarms_.back().number, 2u);
  tell(false, Operation::deleted, "RuleEngine/CellMotionDetector/Motion", "config-1");
  EXPECT_EQ(told(), "++-");
  EXPECT_EQ(alarms_.back().number, 1u);
  EXPECT_EQ(alarms_.back().source, alarms_.front().source) << "the end is that of what has begun";
}

TEST_F(EventStatesTest, ADeviceThatTellsOfOneOfItsPlacesAloneIsKnown) {
  const std::string topic = "VideoSource/MotionAlarm";
  tell(false, Operation::initialized);
  EXPECT_EQ(states_.lone_place(EventClass::motion), 0u) << "nobody knows how many there are";
  states_.name_places(EventClass::motion, {{"v1", 1}, {"v2", 2}}, 2);
  tell(true, Operation::changed, topic, "v1");
  EXPECT_EQ(states_.lone_place(EventClass::motion), 0u) << "that it happens to one says nothing of others";
  tell(true, Operation::initialized);
  EXPECT_EQ(states_.lone_place(EventClass::motion), 1u);
  EXPECT_EQ(states_.lone_place(EventClass::tampering), 0u);
  tell(false, Operation::initialized, topic, "v2");
  EXPECT_EQ(states_.lone_place(EventClass::motion), 0u);
  states_.subscribed();
  tell(false, Operation::initialized, topic, "v2");
  EXPECT_EQ(states_.lone_place(EventClass::motion), 2u) << "what was told before counts no more";
  states_.name_places(EventClass::input, {{"in-1", 1}}, 1);
  tell(false, Operation::initialized, "Device/Trigger/DigitalInput", "in-1", EventClass::input);
  EXPECT_EQ(states_.lone_place(EventClass::input), 0u) << "there is no other";
}

TEST_F(EventStatesTest, OnePlaceAloneNeedsNoToken) {
  tell(true, Operation::changed, "VideoSource/MotionAlarm", "");
  EXPECT_EQ(alarms_.back().number, 0u);
  states_.name_places(EventClass::input, {{"in", 1}}, 1);
  tell(true, Operation::changed, "Device/Trigger/DigitalInput", "", EventClass::input);
  EXPECT_EQ(alarms_.back().number, 1u);
}

TEST_F(EventStatesTest, AFloodIsCutAndItsEndIsTold) {
  for (int i = 0; i < 5000; ++i) tell(i % 2 == 0);
  EXPECT_EQ(alarms_.size(), 60u);
  EXPECT_GT(states_.withheld(), 1000u);
  tell(true);
  states_.settle(now_);
  EXPECT_EQ(alarms_.size(), 60u);
  EXPECT_TRUE(states_.waits());
  now_ += 2s;
  states_.settle(now_);
  EXPECT_TRUE(alarms_.back().began);
  EXPECT_FALSE(states_.waits());
}

TEST_F(EventStatesTest, StatesAreLimited) {
  for (std::size_t i = 0; i < EventStates::most_states + 10; ++i)
    tell(false, Operation::initialized, "VideoSource/MotionAlarm", std::to_string(i));
  EXPECT_EQ(states_.refused(), 10u);
}

TEST_F(EventStatesTest, NobodyLooksAnyMore) {
  tell(true);
  states_.end_all(now_ + 1s);
  EXPECT_EQ(told(), "+-");
  states_.end_all(now_ + 2s);
  EXPECT_EQ(told(), "+-");
}

}  // namespace
}  // namespace watchrig::devices
