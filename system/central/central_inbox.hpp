#pragma once

#include "system/central/event_log.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::central {

/// What a role reports, as the event log keeps it.
Event to_event(platform::AlarmNotify told);

/// Serves the role "central" on the bus: what other roles report goes into the event log, in their order. The
/// log outlives the bus. Error: conflict (somebody serves it).
base::Result<> serve_central(platform::MessageBus& bus, EventLog& events);

}  // namespace watchrig::central
