#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "system/base/clock.hpp"

namespace watchrig::camera {

/// A simple item of a message: "InputToken" of type "tt:ReferenceToken".
struct TopicItem {
  std::string_view name;
  std::string_view type;
};

/// What a camera can tell of (ONVIF Core 9.4, and the services' own chapters on events).
struct EventTopic {
  std::string_view name;  ///< by which a rig sets it
  std::string_view path;  ///< "tns1:Device/Trigger/DigitalInput"
  std::array<TopicItem, 3> source;
  TopicItem data;
  std::string_view on, off;  ///< the values of the data; `off` at first
  TopicItem key = {};        ///< of topics that tell of several things of one source
  bool has_state = true;     ///< a property (ONVIF Core 9.4.2); else it tells of moments

  /// Those of `source` that it has.
  std::span<const TopicItem> sources() const;
};
std::span<const EventTopic> event_topics();
/// Null: there is none of that name.
const EventTopic* event_topic(std::string_view name);

/// "Device/Trigger/DigitalInput" of "tns1:Device/Trigger/DigitalInput".
std::string_view without_prefix(std::string_view name);

/// A state of the camera, which events tell of: a property (ONVIF Core 9.4.2). Or a moment.
struct CameraProperty {
  const EventTopic* topic = nullptr;
  unsigned number = 1;              ///< among those of its topic
  std::vector<std::string> source;  ///< values of topic->sources()
  std::string value;
  std::string key = {};  ///< of topic->key
};

enum class PropertyOperation { initialized, changed, deleted };

/// One message on its way to a subscriber.
struct EventMessage {
  CameraProperty property;
  PropertyOperation operation = PropertyOperation::changed;
  base::UtcTime time;  ///< by the camera's clock
};

/// Appends a tt:Message.
void add_message(pugi::xml_node parent, const EventMessage& message);
/// Appends the content of a wsnt:NotificationMessageHolderType.
void fill_notification(pugi::xml_node node, const EventMessage& message);
/// Appends a wsnt:NotificationMessage.
void add_notification(pugi::xml_node parent, const EventMessage& message);
/// Appends topics to a wstop:TopicSet.
void add_topics(pugi::xml_node set, std::span<const EventTopic* const> offered);
/// Appends what a message of the topic consists of to a tt:MessageDescription.
void describe_message(pugi::xml_node node, const EventTopic& topic);

inline constexpr std::string_view concrete_dialect =
                                      "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete",
                                  concrete_set_dialect =
                                      "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet",
                                  item_filter_dialect =
                                      "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter";

}  // namespace watchrig::camera
