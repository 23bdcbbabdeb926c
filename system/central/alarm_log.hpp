#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "system/central/event_log.hpp"

namespace watchrig::central {

/// Something at a channel or device that began and has ended or goes on (platform manual 1.5.2).
struct Alarm {
  std::int64_t sequence = 0;  ///< of the event that began it
  std::string type;           ///< one of alarm_types()
  std::string channel;        ///< id
  std::string source;         ///< for people: the channel's name, and which input of its device; the card
  std::string device;         ///< id; empty where the event names a channel alone
  std::string cause;
  std::string message;
  base::UtcTime began;
  std::optional<base::UtcTime> ended;
  /// What it ended by: the type of an event. `system.started`: the server was away, so nobody knows when it
  /// ended; one that went on is told again.
  std::string ended_by;

  bool operator==(const Alarm&) const = default;
};

/// Alarms that were on at any time of a period and meet all conditions; empty ones are met by all.
struct AlarmQuery {
  base::UtcTime from;
  base::UtcTime to;
  std::string type;
  std::string channel;
  std::string device;
  std::vector<std::string> device_channels;  ///< ids; an event may name no device, but one of its channels
  std::string text;                          ///< anywhere in source or message, in any case of ASCII letters
  std::optional<bool> active;
  std::string sort = "start";  ///< one of alarm_columns()
  bool descending = true;
  std::size_t limit = 100;
  std::size_t offset = 0;
};

struct AlarmsFound {
  std::vector<Alarm> alarms;
  std::size_t total = 0;  ///< without limit and offset
};

/// motion, tampering, input, video-loss, recording-failure, network-link, address-conflict and mac-conflict.
std::vector<std::string_view> alarm_types();
/// source, type, start and end.
const std::vector<std::string_view>& alarm_columns();

/// Pairs the events that begin and end alarms; what was cleared of the logs is not among them. Among equals,
/// and at the end in either direction those that have not ended, the order is that of their beginnings.
/// Errors: those of the database.
base::Result<AlarmsFound> find_alarms(const EventLog& log, const AlarmQuery& query);

/// The alarm as the public interface shows it.
boost::json::object to_json(const Alarm& alarm);

}  // namespace watchrig::central
