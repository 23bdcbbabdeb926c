#include "system/app/device_event_log.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/correlation.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::app {

using devices::DeviceAlarm;
using devices::EventClass;

namespace {

std::string_view meaning(const DeviceAlarm& alarm) {
  switch (alarm.kind) {
    case EventClass::tampering:
      return alarm.began ? "the picture is covered, dark or another" : "the picture is as it was";
    case EventClass::input:
      return alarm.began ? "is active" : "is inactive";
    case EventClass::relay:
    case EventClass::motion:
      break;
  }
  return alarm.began ? "something moves" : "nothing moves any more";
}

std::string place(const DeviceAlarm& alarm) {
  if (alarm.kind != EventClass::input) return {};
  return alarm.number != 0 ? fmt::format("input {} ", alarm.number)
                           : fmt::format("input \"{}\" ", alarm.source);
}

}  // namespace

void DeviceEventLog::append(std::string type, std::string cause, std::string message,
                            boost::json::object data, unsigned channel) {
  central::Event event;
  event.type = std::move(type);
  // Who may see the device's first channel may know of the device.
  const auto& channels = device_->channels;
  const auto own = std::ranges::find(channels, channel, &central::Channel::number);
  const bool is_own = own != channels.end();
  // It happens before an input that nobody has picked.
  if (channel != 0 && !is_own) return;
  const auto shown = is_own ? own : channels.begin();
  if (shown != channels.end()) {
    event.channel = shown->id;
    event.channel_name = shown->name;
  }
  event.cause = std::move(cause);
  event.message = is_own && channels.size() > 1
                      ? fmt::format("channel \"{}\" of device \"{}\": {}", own->name, device_->name, message)
                      : fmt::format("device \"{}\": {}", device_->name, message);
  event.data = std::move(data);
  event.data["device"] = device_->id;
  events_.append(std::move(event));
}

void DeviceEventLog::alarm(const DeviceAlarm& alarm) {
  boost::json::object data{{"source", alarm.source}, {"topic", alarm.topic}};
  const bool input = alarm.kind == EventClass::input;
  if (alarm.number != 0) data[input ? "input" : "channel_number"] = alarm.number;
  if (alarm.device_time) data["device_time"] = base::format_utc(*alarm.device_time);
  if (!alarm.began) data["lasted_ms"] = std::chrono::round<std::chrono::milliseconds>(alarm.lasted).count();
  platform::AlarmNotify told;
  told.type = fmt::format("{}.{}", devices::to_string(alarm.kind), alarm.began ? "started" : "ended");
  told.cause = fmt::format("{}{}", place(alarm), alarm.topic);
  told.message = fmt::format("{}{}", place(alarm), meaning(alarm));
  told.data = data;
  // Also one that is not kept, since it is before an input that nobody has picked.
  const auto noted = notes_.heard(platform::to_message(device_->id, platform::central_role, told), {});
  const base::CorrelationScope scope(noted.correlation);
  append(told.type, told.cause, told.message, std::move(data), input ? 0 : alarm.number);
}

void DeviceEventLog::lost(const std::string& cause) {
  append("device.events-lost", cause, "its events do not come: " + cause, {});
}

void DeviceEventLog::resumed() { append("device.events-resumed", {}, "its events come again", {}); }

void DeviceEventLog::quirk(std::string_view name, const std::string& detail) {
  append("device.quirk", std::string(name), detail, {{"quirk", name}});
}

void DeviceEventLog::flood() {
  append("device.events-flood", "flood",
         "it tells of more events than are kept; only where they end up is told until it is quieter", {});
}

void DeviceEventLog::counted(std::string_view what, std::uint64_t count) {
  metrics_
      .counter("vmsd_device_notices_total", "Notifications of devices, by what became of them",
               {{"kind", std::string(what)}})
      .Increment(static_cast<double>(count));
}

}  // namespace watchrig::app
