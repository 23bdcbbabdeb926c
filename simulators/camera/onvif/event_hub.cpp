#include "simulators/camera/onvif/event_hub.hpp"

#include <fmt/format.h>

namespace watchrig::camera {

void EventHub::declare(std::string_view name, const std::vector<std::vector<std::string>>& sources) {
  const auto* topic = event_topic(name);
  if (!topic) return;
  // Without a source it is not there to be told of; without a key, it has a state from the start.
  if (!sources.empty()) topics_.push_back(topic);
  if (!topic->has_state || !topic->key.name.empty()) return;
  unsigned number = 0;
  for (auto source : sources) {
    source.resize(topic->sources().size(), "none");
    properties_.push_back({topic, ++number, std::move(source), std::string(topic->off)});
  }
}

namespace {

void offer(EventSubscription& subscription, const EventMessage& message, std::uint64_t& dropped) {
  if (!subscription.filter.takes(message)) return;
  if (subscription.waiting.size() >= EventSubscription::most_waiting) {
    subscription.waiting.pop_front();
    ++subscription.dropped;
    ++dropped;
  }
  subscription.waiting.push_back(message);
  subscription.wake.cancel();
}

}  // namespace

bool EventHub::set(std::string_view name, unsigned number, bool on, base::UtcTime device_time) {
  end_those_over();
  bool known = false;
  for (auto& property : properties_) {
    if (property.topic->name != name || property.number != number) continue;
    known = true;
    const auto value = on ? property.topic->on : property.topic->off;
    if (property.value == value) continue;
    property.value = value;
    offer_to_all({property, PropertyOperation::changed, device_time});
  }
  return known;
}

void EventHub::offer_to_all(const EventMessage& message) {
  for (const auto& [id, subscription] : subscriptions_) offer(*subscription, message, dropped_);
  if (listener_) listener_(message);
}

void EventHub::tell(const CameraProperty& property, PropertyOperation operation, base::UtcTime device_time) {
  end_those_over();
  if (property.topic->has_state) {
    std::erase_if(properties_, [&](const CameraProperty& one) {
      return one.topic == property.topic && one.source == property.source && one.key == property.key;
    });
    if (operation != PropertyOperation::deleted) properties_.push_back(property);
  }
  offer_to_all({property, operation, device_time});
}

base::Result<EventSubscriptionPtr> EventHub::subscribe(EventFilter filter, base::UtcTime ends,
                                                       std::string consumer) {
  end_those_over();
  if (subscriptions_.size() >= most_subscriptions) {
    return base::Error{base::ErrorKind::full,
                       fmt::format("the camera keeps {} subscriptions at most", most_subscriptions)};
  }
  auto subscription = std::make_shared<EventSubscription>(
      EventSubscription{std::to_string(++named_), std::move(filter), ends, std::move(consumer),
                        base::Timer(executor_, clock_)});
  subscriptions_.emplace(subscription->id, subscription);
  return subscription;
}

EventSubscriptionPtr EventHub::find(const std::string& id) {
  end_those_over();
  const auto found = subscriptions_.find(id);
  return found == subscriptions_.end() ? nullptr : found->second;
}

void EventHub::end(const EventSubscriptionPtr& subscription) {
  subscription->open = false;
  subscription->wake.cancel();
  subscriptions_.erase(subscription->id);
}

void EventHub::end_all() {
  while (!subscriptions_.empty()) end(EventSubscriptionPtr(subscriptions_.begin()->second));
}

void EventHub::end_those_over() {
  const auto now = clock_.now();
  std::vector<EventSubscriptionPtr> over;
  for (const auto& [id, subscription] : subscriptions_) {
    if (subscription->ends <= now || subscription->dies <= now) over.push_back(subscription);
  }
  for (const auto& subscription : over) end(subscription);
}

void EventHub::synchronise(EventSubscription& subscription, base::UtcTime device_time) const {
  for (const auto& property : properties_)
    offer(subscription, {property, PropertyOperation::initialized, device_time}, dropped_);
}

boost::asio::awaitable<void> wait_for_messages(EventSubscriptionPtr subscription, base::Duration timeout) {
  if (!subscription->open || subscription->awaited || !subscription->waiting.empty()) co_return;
  subscription->awaited = true;
  co_await subscription->wake.wait_for(timeout);
  subscription->awaited = false;
}

}  // namespace watchrig::camera
