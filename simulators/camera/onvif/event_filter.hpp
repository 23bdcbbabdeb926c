#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "simulators/camera/onvif/event_topics.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// What a subscriber wants to hear (ONVIF Core 9.1.1, 9.7): topics and contents of messages.
class EventFilter {
 public:
  static constexpr std::size_t longest = 1024;  ///< bytes of an expression
  static constexpr std::size_t most = 8;        ///< expressions

  using Topics = std::span<const EventTopic* const>;  ///< those that a camera has

  /// Reads a Filter element; an empty one takes everything. A fault where it is none, asks for topics that
  /// the camera has not, or is in a dialect that it does not know.
  static OnvifOutcome read(pugi::xml_node filter, Topics offered, EventFilter& found);

  bool takes(const EventMessage& message) const;

 private:
  struct Topic {
    std::string path;    ///< without prefix
    bool below = false;  ///< and all topics below it
  };
  static OnvifOutcome read_topics(pugi::xml_node node, Topics offered, EventFilter& found);
  static OnvifOutcome read_content(pugi::xml_node node, EventFilter& found);
  bool takes_topic(std::string_view path) const;

  std::vector<Topic> topics_;  ///< none: all
  std::vector<std::shared_ptr<const pugi::xpath_query>> contents_;
};

}  // namespace watchrig::camera
