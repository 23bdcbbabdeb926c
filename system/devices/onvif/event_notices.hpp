#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "system/base/clock.hpp"

namespace watchrig::devices {

/// What an event is about, for people and programs.
enum class EventClass {
  motion,
  tampering,  ///< lens covered, picture too dark, scene changed
  input,      ///< a contact of a digital input
  relay,      ///< a relay output, which is no alarm
};
std::string_view to_string(EventClass kind);

/// One notification of a device, of a topic that is known.
struct EventNotice {
  enum class Operation { initialized, changed, deleted };
  EventClass kind = EventClass::motion;
  std::string topic;   ///< without prefix: "Device/Trigger/DigitalInput"
  std::string source;  ///< token of the input, video source or its configuration; empty when none is told
  std::string key;     ///< all that tells this state from others of its topic
  Operation operation = Operation::changed;
  bool active = false;
  std::optional<base::UtcTime> time;  ///< by the device's clock
};

/// What a message of notifications holds.
struct NoticeList {
  std::vector<EventNotice> notices;
  std::size_t unknown = 0;    ///< of topics that nobody here knows
  std::size_t malformed = 0;  ///< of known topics, but without the value that they should have
};

/// Reads the NotificationMessages of a PullMessagesResponse or Notify (ONVIF Core 9.5), at most `most`.
NoticeList read_notices(pugi::xml_node answer, std::size_t most);

}  // namespace watchrig::devices
