#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/analytics/analytics_rules.hpp"
#include "simulators/camera/onvif/event_filter.hpp"

namespace watchrig::camera {

/// What the metadata configuration of a source says of events: none, all, or those that a filter takes.
struct MetadataEventWish {
  bool wanted = false;
  EventFilter filter;
  std::shared_ptr<const pugi::xml_document> written;  ///< the tt:Events as it was set; null: without a filter
};

/// Brings events into the metadata streams, and what rules find to the events. Used on one executor.
class MetadataEvents : public std::enable_shared_from_this<MetadataEvents> {
 public:
  /// The device outlives it, and has its events.
  explicit MetadataEvents(OnvifDevice& device);
  /// Begins to listen; findings and readers are taken to the executor.
  void start(const boost::asio::any_io_executor& executor);
  /// Of the configuration of a source, from 1.
  MetadataEventWish& wish(unsigned source) { return wishes_.at(source - 1); }

 private:
  void pass_on(const EventMessage& message) const;
  /// Tells a stream that has a new reader the state of everything.
  void synchronise(unsigned source, const std::string& stream) const;
  void tell_finding(unsigned source, const RuleFinding& finding);

  OnvifDevice& device_;
  std::vector<MetadataEventWish> wishes_;
};

/// A wsnt:NotificationMessage as it stands in a metadata document.
std::string notification_text(const EventMessage& message);

}  // namespace watchrig::camera
