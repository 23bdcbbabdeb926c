#include "system/devices/onvif/event_notices.hpp"

#include <algorithm>

#include "system/base/text.hpp"
#include "system/protocols/onvif/soap_message.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::devices {

namespace {

using protocols::child;
using protocols::children;

/// Of tokens and names; what is longer is no identity.
constexpr std::size_t longest = 128;

struct KnownTopic {
  std::string_view path;  ///< or what it begins with before a slash
  EventClass kind;
  std::string_view value;  ///< name of the item that tells the state
};
constexpr KnownTopic known[] = {
    {"Device/Trigger/DigitalInput", EventClass::input, "LogicalState"},
    {"Device/Trigger/Relay", EventClass::relay, "LogicalState"},
    {"RuleEngine/CellMotionDetector/Motion", EventClass::motion, "IsMotion"},
    {"RuleEngine/MotionRegionDetector/Motion", EventClass::motion, "State"},
    {"VideoSource/MotionAlarm", EventClass::motion, "State"},
    {"VideoAnalytics/Motion", EventClass::motion, "State"},
    {"RuleEngine/TamperDetector/Tamper", EventClass::tampering, "IsTamper"},
    {"VideoSource/ImageTooDark", EventClass::tampering, "State"},
    {"VideoSource/ImageTooBright", EventClass::tampering, "State"},
    {"VideoSource/ImageTooBlurry", EventClass::tampering, "State"},
    {"VideoSource/GlobalSceneChange", EventClass::tampering, "State"},
};

/// Items that tell which input, source or configuration, the best first.
constexpr std::string_view places[] = {"InputToken",       "RelayToken",  "Source",
                                       "VideoSourceToken", "VideoSource", "VideoSourceConfigurationToken"};

/// "tns1:Device/Trigger/tns1:DigitalInput" and its like, as devices write it.
std::string without_prefixes(std::string_view topic) {
  std::string path;
  for (const auto part : base::split(base::trim(topic).substr(0, 2 * longest), '/')) {
    if (!path.empty()) path += '/';
    path += part.substr(part.find(':') == std::string_view::npos ? 0 : part.find(':') + 1);
  }
  return path;
}

const KnownTopic* find_topic(std::string_view path) {
  const auto* found = std::ranges::find_if(known, [&](const KnownTopic& topic) {
    return path.starts_with(topic.path) &&
           (path.size() == topic.path.size() || path[topic.path.size()] == '/');
  });
  return found == std::end(known) ? nullptr : found;
}

std::optional<bool> read_state(std::string_view value) {
  for (const auto word : {"true", "1", "active", "on"}) {
    if (base::equal_ignoring_case(value, word)) return true;
  }
  for (const auto word : {"false", "0", "inactive", "off"}) {
    if (base::equal_ignoring_case(value, word)) return false;
  }
  return std::nullopt;
}

EventNotice::Operation read_operation(std::string_view text) {
  if (text == "Initialized") return EventNotice::Operation::initialized;
  return text == "Deleted" ? EventNotice::Operation::deleted : EventNotice::Operation::changed;
}

/// Source and key of a notice.
void read_place(pugi::xml_node message, EventNotice& notice) {
  std::size_t best = std::size(places);
  for (const auto* list : {"Source", "Key"}) {
    for (const auto& item : children(child(message, list), "SimpleItem")) {
      const std::string_view name = item.attribute("Name").value(), value = item.attribute("Value").value();
      notice.key.append(name.substr(0, longest)).append("=").append(value.substr(0, longest)).append("\n");
      const auto rank = static_cast<std::size_t>(std::ranges::find(places, name) - std::begin(places));
      if (rank >= best) continue;
      best = rank;
      notice.source = value.substr(0, longest);
    }
  }
  notice.key.resize(std::min(notice.key.size(), 4 * longest));
}

/// The value by its name, or else the only one that there is.
std::optional<bool> read_value(pugi::xml_node message, std::string_view name) {
  const auto items = children(child(message, "Data"), "SimpleItem");
  for (const auto& item : items) {
    if (item.attribute("Name").value() == name) return read_state(item.attribute("Value").value());
  }
  return items.size() == 1 ? read_state(items.front().attribute("Value").value()) : std::nullopt;
}

}  // namespace

std::string_view to_string(EventClass kind) {
  switch (kind) {
    case EventClass::tampering:
      return "tampering";
    case EventClass::input:
      return "input";
    case EventClass::relay:
      return "relay";
    case EventClass::motion:
      break;
  }
  return "motion";
}

NoticeList read_notices(pugi::xml_node answer, std::size_t most) {
  NoticeList list;
  for (const auto& node : answer.children()) {
    if (protocols::local_name(node) != "NotificationMessage") continue;
    if (most-- == 0) break;
    EventNotice notice;
    notice.topic = without_prefixes(child(node, "Topic").text().get());
    const auto* topic = find_topic(notice.topic);
    if (!topic) {
      ++list.unknown;
      continue;
    }
    const auto message = child(child(node, "Message"), "Message");
    notice.kind = topic->kind;
    notice.operation = read_operation(message.attribute("PropertyOperation").value());
    notice.time = protocols::parse_xml_time(message.attribute("UtcTime").value());
    read_place(message, notice);
    const auto state = read_value(message, topic->value);
    if (!state && notice.operation != EventNotice::Operation::deleted) {
      ++list.malformed;
      continue;
    }
    notice.active = state.value_or(false) && notice.operation != EventNotice::Operation::deleted;
    list.notices.push_back(std::move(notice));
  }
  return list;
}

}  // namespace watchrig::devices
