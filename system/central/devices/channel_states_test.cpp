#include "system/central/devices/channel_states.hpp"

#include <gtest/gtest.h>

namespace watchrig::central {
namespace {

Device device_with(std::initializer_list<const char*> channels) {
  Device device;
  for (const char* id : channels) device.channels.emplace_back().id = id;
  return device;
}

TEST(ChannelStatesTest, a_device_is_as_its_best_channel) {
  ChannelStates states;
  const Device device = device_with({"c1", "c2", "c3"});
  EXPECT_EQ(states.of(device).state, "connecting");
  states.take({"c2", 1, "offline", "refused"});
  states.take({"c3", 2, "offline", "wrong password"});
  EXPECT_EQ(states.of(device).state, "offline");
  EXPECT_EQ(states.of(device).cause, "refused");
  EXPECT_FALSE(states.is_online(device));
  states.take({"c3", 3, "online", {}});
  EXPECT_EQ(states.of(device).state, "online");
  EXPECT_EQ(states.of(device).cause, "");
  EXPECT_TRUE(states.is_online(device));
  EXPECT_EQ(states.of("c2").state, "offline");
  EXPECT_EQ(states.of("c1").state, "connecting");
  EXPECT_EQ(states.of(device_with({})).state, "offline");
}

TEST(ChannelStatesTest, what_is_late_does_not_count) {
  ChannelStates states;
  states.take({"c1", 5, "online", {}});
  states.take({"c1", 4, "offline", "refused"});
  EXPECT_EQ(states.of("c1").state, "online");
}

TEST(ChannelStatesTest, a_channel_that_is_relayed_no_more_is_unknown_again) {
  ChannelStates states;
  states.take({"c1", 1, "online", {}});
  states.take({"c1", 2, "", {}});
  EXPECT_EQ(states.of("c1").state, "connecting");
  states.take({"c1", 1, "offline", "late"});
  EXPECT_EQ(states.of("c1").state, "connecting");
  states.take({"c1", 3, "offline", "refused"});
  EXPECT_EQ(states.of("c1").cause, "refused");
}

}  // namespace
}  // namespace watchrig::central
