#include "simulators/camera/onvif/event_topics.hpp"

#include <algorithm>
#include <set>

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

void add_message(pugi::xml_node parent, const EventMessage& message) {
  auto node = add(parent, "tt:Message");
  set_attribute(node, "UtcTime", base::format_utc(message.time));
  set_attribute(node, "PropertyOperation", to_string(message.operation));
  const auto& property = message.property;
  auto source = add(node, "tt:Source");
  for (std::size_t i = 0; i < property.source.size(); ++i)
    add_item(source, property.topic->source[i].name, property.source[i]);
  add_item(add(node, "tt:Data"), property.topic->data.name, property.value);
}

void fill_notification(pugi::xml_node node, const EventMessage& message) {
  set_attribute(add(node, "wsnt:Topic", message.property.topic->path), "Dialect", concrete_set_dialect);
  add_message(add(node, "wsnt:Message"), message);
}

void add_notification(pugi::xml_node parent, const EventMessage& message) {
  fill_notification(add(parent, "wsnt:NotificationMessage"), message);
}

void add_topics(pugi::xml_node set, std::span<const CameraProperty> properties) {
  std::set<const EventTopic*> known;
  for (const auto& property : properties) {
    const auto& topic = *property.topic;
    if (!known.insert(&topic).second) continue;
    auto node = set;
    for (const auto part : base::split(topic.path, '/')) {
      const std::string name(part);
      const auto there = node.child(name.c_str());
      node = there ? there : add(node, name);
    }
    set_attribute(node, "wstop:topic", "true");
    auto description = add(node, "tt:MessageDescription");
    set_attribute(description, "IsProperty", "true");
    auto source = add(description, "tt:Source");
    for (const auto& item : topic.sources()) describe_item(source, item);
    describe_item(add(description, "tt:Data"), topic.data);
  }
}

}  // namespace watchrig::camera
