#include "system/central/alarm_log.hpp"

#include <algorithm>
#include <map>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace watchrig::central {

using base::Result;
namespace json = boost::json;

namespace {

struct AlarmType {
  std::string_view name;
  std::string_view began;
  std::vector<std::string_view> ended;
};

const std::vector<AlarmType>& types() {
  static const std::vector<AlarmType> all{
      {"motion", "motion.started", {"motion.ended"}},
      {"tampering", "tampering.started", {"tampering.ended"}},
      {"input", "input.started", {"input.ended"}},
      {"video-loss", "channel.offline", {"channel.online"}},
      {"recording-failure",
       "recording.failed",
       {"recording.resumed", "recording.started", "recording.stopped"}},
      {"network-link", "network.link-lost", {"network.link-restored"}},
      {"address-conflict", "network.address-conflict", {"network.address-conflict-ended"}},
      {"mac-conflict", "network.mac-conflict", {"network.mac-conflict-ended"}}};
  return all;
}

/// These end alarms of every type: of the whole server, and of the channels of a device that they name.
constexpr std::string_view server_began = "system.started";
constexpr std::string_view device_gone[] = {"device.removed", "device.disconnected", "device.changed"};

std::vector<std::string_view> event_types() {
  std::vector<std::string_view> all{server_began};
  all.insert(all.end(), std::begin(device_gone), std::end(device_gone));
  for (const auto& type : types()) {
    all.push_back(type.began);
    all.insert(all.end(), type.ended.begin(), type.ended.end());
  }
  return all;
}

std::string text_in(const json::object& data, std::string_view name) {
  const auto* value = data.if_contains(name);
  if (!value) return {};
  if (value->is_string()) return std::string(value->get_string());
  return value->is_int64() ? std::to_string(value->get_int64()) : std::string();
}

/// What of a channel or device an alarm is about: at one subject one alarm is on at a time.
std::string subject_of(const AlarmType& type, const Event& event) {
  return fmt::format("{}\n{}\n{}\n{}", type.name, event.channel, text_in(event.data, "device"),
                     text_in(event.data, "source"));
}

Alarm began_by(const AlarmType& type, Event event) {
  Alarm alarm;
  alarm.sequence = event.sequence;
  alarm.type = type.name;
  alarm.source = event.channel_name;
  if (alarm.source.empty()) alarm.source = text_in(event.data, "card");
  if (const auto input = text_in(event.data, "input"); !input.empty()) {
    alarm.source += fmt::format(" input {}", input);
  }
  alarm.device = text_in(event.data, "device");
  alarm.channel = std::move(event.channel);
  alarm.cause = std::move(event.cause);
  alarm.message = std::move(event.message);
  alarm.began = event.time;
  return alarm;
}

/// Makes alarms of events, oldest first, and keeps those that a query asks for.
class Pairing {
 public:
  explicit Pairing(const AlarmQuery& query) : query_(query) {}

  void take(Event event) {
    if (event.type == server_began) return end_all(event, [](const Alarm&) { return true; });
    if (std::ranges::find(device_gone, event.type) != std::end(device_gone)) return end_of_device(event);
    for (const auto& type : types()) {
      // What begins again has not been away: a device that is connected anew tells what is still on.
      if (event.type == type.began) {
        on_.try_emplace(subject_of(type, event), began_by(type, event));
      } else if (std::ranges::find(type.ended, event.type) != type.ended.end()) {
        const auto it = on_.find(subject_of(type, event));
        if (it != on_.end()) {
          end(std::move(it->second), event);
          on_.erase(it);
        }
      }
    }
  }

  std::vector<Alarm> found() && {
    for (auto& [subject, alarm] : on_) keep(std::move(alarm));
    return std::move(found_);
  }

 private:
  void end_of_device(const Event& event) {
    const auto* gone = event.data.if_contains("channels_gone");
    if (!gone || !gone->is_array()) return;
    end_all(event, [&](const Alarm& alarm) {
      return std::ranges::find(gone->get_array(), json::value(alarm.channel)) != gone->get_array().end();
    });
  }

  template <class Whether>
  void end_all(const Event& event, Whether whether) {
    std::erase_if(on_, [&](auto& entry) {
      if (!whether(entry.second)) return false;
      end(std::move(entry.second), event);
      return true;
    });
  }

  void end(Alarm alarm, const Event& event) {
    alarm.ended = event.time;
    alarm.ended_by = event.type;
    keep(std::move(alarm));
  }

  void keep(Alarm alarm) {
    const bool asked = alarm.began < query_.to && (!alarm.ended || *alarm.ended >= query_.from) &&
                       (query_.type.empty() || alarm.type == query_.type) &&
                       (query_.channel.empty() || alarm.channel == query_.channel) &&
                       (query_.device.empty() || is_of_device(alarm)) &&
                       (!query_.active || *query_.active == !alarm.ended) &&
                       (has_text(alarm.source) || has_text(alarm.message));
    if (asked) found_.push_back(std::move(alarm));
  }

  bool is_of_device(const Alarm& alarm) const {
    if (!alarm.device.empty()) return alarm.device == query_.device;
    return std::ranges::find(query_.device_channels, alarm.channel) != query_.device_channels.end();
  }

  bool has_text(const std::string& in) const {
    return boost::algorithm::icontains(in, query_.text, std::locale::classic());
  }

  const AlarmQuery& query_;
  std::map<std::string, Alarm> on_;
  std::vector<Alarm> found_;
};

template <class Column>
void sort_by(std::vector<Alarm>& alarms, bool descending, Column column) {
  std::ranges::stable_sort(alarms, [&](const Alarm& a, const Alarm& b) {
    return descending ? column(b) < column(a) : column(a) < column(b);
  });
}

void sort(std::vector<Alarm>& alarms, const AlarmQuery& query) {
  sort_by(alarms, query.descending, [](const Alarm& alarm) { return alarm.sequence; });
  if (query.sort == "source") {
    sort_by(alarms, query.descending, [](const Alarm& alarm) -> const std::string& { return alarm.source; });
  } else if (query.sort == "type") {
    sort_by(alarms, query.descending, [](const Alarm& alarm) -> const std::string& { return alarm.type; });
  } else if (query.sort == "end") {
    sort_by(alarms, query.descending, [](const Alarm& alarm) { return alarm.ended; });
    std::stable_partition(alarms.begin(), alarms.end(),
                          [](const Alarm& alarm) { return alarm.ended.has_value(); });
  }
}

}  // namespace

std::vector<std::string_view> alarm_types() {
  std::vector<std::string_view> names;
  for (const auto& type : types()) names.push_back(type.name);
  return names;
}

const std::vector<std::string_view>& alarm_columns() {
  static const std::vector<std::string_view> columns{"source", "type", "start", "end"};
  return columns;
}

Result<AlarmsFound> find_alarms(const EventLog& log, const AlarmQuery& query) {
  Pairing pairing(query);
  const auto read = log.each_of(event_types(), [&](Event event) { pairing.take(std::move(event)); });
  if (!read) return read.error();
  auto alarms = std::move(pairing).found();
  sort(alarms, query);
  AlarmsFound found{{}, alarms.size()};
  const auto first = std::min(query.offset, alarms.size());
  const auto last = first + std::min(query.limit, alarms.size() - first);
  for (auto at = first; at < last; ++at) found.alarms.push_back(std::move(alarms[at]));
  return found;
}

json::object to_json(const Alarm& alarm) {
  json::object object{{"seq", alarm.sequence},    {"type", alarm.type},
                      {"source", alarm.source},   {"channel", alarm.channel},
                      {"device", alarm.device},   {"cause", alarm.cause},
                      {"message", alarm.message}, {"start", base::format_utc(alarm.began, 6)},
                      {"end", nullptr},           {"ended_by", alarm.ended_by},
                      {"lasted_ms", nullptr}};
  if (alarm.ended) {
    object["end"] = base::format_utc(*alarm.ended, 6);
    object["lasted_ms"] = std::chrono::round<std::chrono::milliseconds>(*alarm.ended - alarm.began).count();
  }
  return object;
}

}  // namespace watchrig::central
