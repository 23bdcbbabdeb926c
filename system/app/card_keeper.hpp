#pragma once

#include <memory>
#include <string>

#include "system/central/event_log.hpp"
#include "system/platform/host_network/card_watch.hpp"

namespace watchrig::app {

/// Tells the log of the links of this machine's network cards, and of other hosts that have their addresses,
/// as long as it is kept. A link that was lost before a start is told as lost again, since the start ends
/// alarms, and as restored if it is there. `name_space`: a network namespace instead of the machine's own.
/// Clock and log outlive it. Null, and a line in the program's log, where it cannot be watched.
std::unique_ptr<platform::CardWatch> keep_cards(const std::string& name_space, const base::Clock& clock,
                                                central::EventLog& events);

}  // namespace watchrig::app
