#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/onvif/event_filter.hpp"
#include "system/base/timer.hpp"

namespace watchrig::camera {

/// Somebody who has asked for events: a pull point, whose messages wait to be taken, or a consumer to whom
/// they are sent. At most `most_waiting` wait; then the oldest are dropped and counted.
struct EventSubscription {
  static constexpr std::size_t most_waiting = 256;

  std::string id;
  EventFilter filter;
  base::UtcTime ends;    ///< by the rig's clock
  std::string consumer;  ///< its address; empty: a pull point
  base::Timer wake;      ///< of whoever waits for messages
  std::deque<EventMessage> waiting = {};
  std::uint64_t dropped = 0;
  bool open = true;  ///< still among those of the hub
  bool awaited = false;
  base::UtcTime dies = base::UtcTime::max();  ///< whatever is renewed
};
using EventSubscriptionPtr = std::shared_ptr<EventSubscription>;

/// The properties of a camera and who has subscribed to them (ONVIF Core 9). Used on one executor.
class EventHub {
 public:
  static constexpr std::size_t most_subscriptions = 8;

  EventHub(boost::asio::any_io_executor executor, const base::Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}

  /// A property of the topic of that name for each source, with the value that it has when nothing happens.
  void declare(std::string_view name, const std::vector<std::vector<std::string>>& sources);
  /// The state of the property of that name and number; tells who has subscribed if it is another. False when
  /// there is none.
  bool set(std::string_view name, unsigned number, bool on, base::UtcTime device_time);
  const std::vector<CameraProperty>& properties() const { return properties_; }
  /// Those of what is declared.
  const std::vector<const EventTopic*>& topics() const { return topics_; }
  /// Tells of a moment, or of a property that comes, changes or goes; one that is there is known by its
  /// source and key.
  void tell(const CameraProperty& property, PropertyOperation operation, base::UtcTime device_time);
  /// Is told of everything, whoever has subscribed; once.
  void listen(std::function<void(const EventMessage&)> listener) { listener_ = std::move(listener); }

  /// Errors: full.
  base::Result<EventSubscriptionPtr> subscribe(EventFilter filter, base::UtcTime ends, std::string consumer);
  /// Null when there is none of that id, or its time is over.
  EventSubscriptionPtr find(const std::string& id);
  void end(const EventSubscriptionPtr& subscription);
  /// All, as a camera without power does.
  void end_all();
  /// Tells the state of every property anew (ONVIF Core 9.5).
  void synchronise(EventSubscription& subscription, base::UtcTime device_time) const;
  /// Those of which nobody has seen yet that they are over count too.
  std::size_t subscriptions() const { return subscriptions_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void end_those_over();
  void offer_to_all(const EventMessage& message);

  const boost::asio::any_io_executor executor_;
  const base::Clock& clock_;
  std::vector<CameraProperty> properties_;
  std::vector<const EventTopic*> topics_;
  std::function<void(const EventMessage&)> listener_;
  std::map<std::string, EventSubscriptionPtr> subscriptions_;
  std::uint64_t named_ = 0;
  mutable std::uint64_t dropped_ = 0;
};

/// Until messages are there, the subscription has ended, or the timeout. At once when somebody waits already.
boost::asio::awaitable<void> wait_for_messages(EventSubscriptionPtr subscription, base::Duration timeout);

}  // namespace watchrig::camera
