#pragma once

#include "system/central/devices/channel_states.hpp"
#include "system/central/event_log.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

/// Where central keeps what other roles report, in their order. All of it outlives the bus.
struct Inbox {
  EventLog& events;
  ChannelStates& channels;

  /// What it is answered by. Errors: invalid, unsupported (nothing is kept of it).
  base::Result<boost::json::object> take(const platform::Message& message);
};

/// Serves the role "central" on the bus. Error: conflict (somebody serves it).
base::Result<> serve_central(platform::MessageBus& bus, Inbox inbox);

}  // namespace watchrig::central
