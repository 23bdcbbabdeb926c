#include "simulators/camera/onvif/event_topics.hpp"

#include <algorithm>

#include "system/base/text.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::camera {

using protocols::add;

namespace {

constexpr std::string_view token = "tt:ReferenceToken", flag = "xs:boolean";

constexpr EventTopic topics[] = {
    {"input",
     "tns1:Device/Trigger/DigitalInput",
     {{{"InputToken", token}, {}, {}}},
     {"LogicalState", flag},
     "true",
     "false"},
    {"relay",
     "tns1:Device/Trigger/Relay",
     {{{"RelayToken", token}, {}, {}}},
     {"LogicalState", "tt:RelayLogicalState"},
     "active",
     "inactive"},
    {"cells",
     "tns1:RuleEngine/CellMotionDetector/Motion",
     {{{"VideoSourceConfigurationToken", token},
       {"VideoAnalyticsConfigurationToken", token},
       {"Rule", "xs:string"}}},
     {"IsMotion", flag},
     "true",
     "false"},
    {"motion",
     "tns1:VideoSource/MotionAlarm",
     {{{"Source", token}, {}, {}}},
     {"State", flag},
     "true",
     "false"},
    {"dark",
     "tns1:VideoSource/ImageTooDark/ImagingService",
     {{{"Source", token}, {}, {}}},
     {"State", flag},
     "true",
     "false"},
    {"tamper",
     "tns1:VideoSource/GlobalSceneChange/ImagingService",
     {{{"Source", token}, {}, {}}},
     {"State", flag},
     "true",
     "false"},
    {"crossed",
     "tns1:RuleEngine/LineDetector/Crossed",
     {{{"VideoSourceConfigurationToken", token},
       {"VideoAnalyticsConfigurationToken", token},
       {"Rule", "xs:string"}}},
     {"ObjectId", "xs:integer"},
     "",
     "",
     {},
     false},
    {"inside",
     "tns1:RuleEngine/FieldDetector/ObjectsInside",
     {{{"VideoSourceConfigurationToken", token},
       {"VideoAnalyticsConfigurationToken", token},
       {"Rule", "xs:string"}}},
     {"IsInside", flag},
     "true",
     "false",
     {"ObjectId", "xs:integer"}},
    {"busy",
     "tns1:Monitoring/ProcessorUsage",
     {{{"Token", token}, {}, {}}},
     {"Value", "xs:float"},
     "0.95",
     "0.1"},
};

std::string_view to_string(PropertyOperation operation) {
  switch (operation) {
    case PropertyOperation::initialized:
      return "Initialized";
    case PropertyOperation::deleted:
      return "Deleted";
    case PropertyOperation::changed:
      break;
  }
  return "Changed";
}

void set_attribute(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = std::string(value).c_str();
}

void add_item(pugi::xml_node list, std::string_view name, std::string_view value) {
  auto item = add(list, "tt:SimpleItem");
  set_attribute(item, "Name", name);
  set_attribute(item, "Value", value);
}

void describe_item(pugi::xml_node list, const TopicItem& item) {
  auto node = add(list, "tt:SimpleItemDescription");
  set_attribute(node, "Name", item.name);
  set_attribute(node, "Type", item.type);
}

}  // namespace

std::span<const TopicItem> EventTopic::sources() const {
  const auto end = std::ranges::find_if(source, [](const TopicItem& item) { return item.name.empty(); });
  return {source.begin(), end};
}

std::span<const EventTopic> event_topics() { return topics; }

const EventTopic* event_topic(std::string_view name) {
  const auto found = std::ranges::find(topics, name, &EventTopic::name);
  return found == std::end(topics) ? nullptr : found;
}

void add_message(pugi::xml_node parent, const EventMessage& message) {
  auto node = add(parent, "tt:Message");
  set_attribute(node, "UtcTime", base::format_utc(message.time));
  const auto& property = message.property;
  if (property.topic->has_state) set_attribute(node, "PropertyOperation", to_string(message.operation));
  auto source = add(node, "tt:Source");
  for (std::size_t i = 0; i < property.source.size(); ++i)
    add_item(source, property.topic->source[i].name, property.source[i]);
  if (!property.key.empty()) add_item(add(node, "tt:Key"), property.topic->key.name, property.key);
  add_item(add(node, "tt:Data"), property.topic->data.name, property.value);
}

std::string_view without_prefix(std::string_view name) {
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void fill_notification(pugi::xml_node node, const EventMessage& message) {
  set_attribute(add(node, "wsnt:Topic", message.property.topic->path), "Dialect", concrete_set_dialect);
  add_message(add(node, "wsnt:Message"), message);
}

void add_notification(pugi::xml_node parent, const EventMessage& message) {
  fill_notification(add(parent, "wsnt:NotificationMessage"), message);
}

void describe_message(pugi::xml_node node, const EventTopic& topic) {
  set_attribute(node, "IsProperty", topic.has_state ? "true" : "false");
  auto source = add(node, "tt:Source");
  for (const auto& item : topic.sources()) describe_item(source, item);
  if (!topic.key.name.empty()) describe_item(add(node, "tt:Key"), topic.key);
  describe_item(add(node, "tt:Data"), topic.data);
}

void add_topics(pugi::xml_node set, std::span<const EventTopic* const> offered) {
  for (const auto* topic : offered) {
    auto node = set;
    for (const auto part : base::split(topic->path, '/')) {
      const std::string name(part);
      const auto there = node.child(name.c_str());
      node = there ? there : add(node, name);
    }
    set_attribute(node, "wstop:topic", "true");
    describe_message(add(node, "tt:MessageDescription"), *topic);
  }
}

}  // namespace watchrig::camera
