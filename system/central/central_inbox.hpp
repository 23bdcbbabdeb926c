#pragma once

#include "system/central/devices/channel_states.hpp"
#include "system/central/event_log.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

/// Where central keeps what other roles report, in their order. All of it outlives the bus.
struct Inbox {
  EventLog& events;
  ChannelStates& channels;

  /// For a role that the bus takes nothing of any more.
  void take(platform::AlarmNotify told);
  void take(platform::ChannelState told) { channels.take(std::move(told)); }
};

/// Serves the role "central" on the bus. Error: conflict (somebody serves it).
base::Result<> serve_central(platform::MessageBus& bus, Inbox inbox);

}  // namespace watchrig::central
