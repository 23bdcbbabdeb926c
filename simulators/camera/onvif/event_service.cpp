// Events (ONVIF Core 9; WS-BaseNotification 1.3): pull points, and notifications that are sent.
#include <fmt/format.h>

#include "simulators/camera/onvif/event_hub.hpp"
#include "simulators/camera/onvif/event_push.hpp"
#include "system/base/text.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;

constexpr base::Duration usual_life = std::chrono::seconds(60), longest_life = std::chrono::hours(24),
                         longest_pull = std::chrono::seconds(60);
constexpr int most_at_once = 100;

constexpr std::string_view port_type = "http://www.onvif.org/ver10/events/wsdl/EventPortType/",
                           pull_type = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/",
                           manager_type = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/",
                           producer_type = "http://docs.oasis-open.org/wsn/bw-2/NotificationProducer/";

OnvifOutcome service_capabilities(OnvifCall& call) {
  auto all = add(call.answer, "tev:Capabilities");
  all.append_attribute("WSSubscriptionPolicySupport") = "false";
  all.append_attribute("WSPausableSubscriptionManagerInterfaceSupport") = "false";
  all.append_attribute("MaxNotificationProducers") = static_cast<unsigned>(EventHub::most_subscriptions);
  all.append_attribute("MaxPullPoints") = static_cast<unsigned>(EventHub::most_subscriptions);
  all.append_attribute("PersistentNotificationStorage") = "false";
  return {};
}

OnvifOutcome event_properties(const OnvifDevice& device, OnvifCall& call) {
  add(call.answer, "tev:TopicNamespaceLocation", "http://www.onvif.org/onvif/ver10/topics/topicns.xml");
  add(call.answer, "wsnt:FixedTopicSet", "true");
  add_topics(add(call.answer, "wstop:TopicSet"), device.events->topics());
  add(call.answer, "wsnt:TopicExpressionDialect", concrete_set_dialect);
  add(call.answer, "wsnt:TopicExpressionDialect", concrete_dialect);
  add(call.answer, "tev:MessageContentFilterDialect", item_filter_dialect);
  add(call.answer, "tev:MessageContentSchemaLocation", "http://www.onvif.org/onvif/ver10/schema/onvif.xsd");
  return {};
}

/// When a subscription is to end, by the rig's clock; nothing for what is no time to come within a day.
std::optional<base::UtcTime> read_end(const OnvifDevice& device, pugi::xml_node node) {
  const auto text = std::string(base::trim(node.text().get()));
  const auto now = device.clock.now();
  if (text.empty()) return now + usual_life;
  std::optional<base::UtcTime> end;
  if (const auto life = protocols::parse_xml_duration(text)) end = now + *life;
  if (const auto time = protocols::parse_xml_time(text)) end = *time - device.clock_offset;
  return end && *end > now && *end <= now + longest_life ? end : std::nullopt;
}

std::string shown(const OnvifDevice& device, base::UtcTime time) {
  return base::format_utc(time + device.clock_offset);
}

void add_times(const OnvifDevice& device, const EventSubscription& subscription, OnvifCall& call) {
  add(call.answer, "wsnt:CurrentTime", shown(device, device.clock.now()));
  add(call.answer, "wsnt:TerminationTime", shown(device, subscription.ends));
}

OnvifOutcome create(OnvifDevice& device, OnvifCall& call, std::string consumer, const char* reference,
                    EventSubscriptionPtr& made) {
  EventFilter filter;
  if (auto refused = EventFilter::read(child(call.request, "Filter"), device.events->topics(), filter))
    return refused;
  const auto end = read_end(device, child(call.request, "InitialTerminationTime"));
  if (!end) {
    return refuse({"wsnt:UnacceptableInitialTerminationTimeFault"},
                  "a subscription ends within a day from now");
  }
  auto subscription = device.events->subscribe(std::move(filter), *end, std::move(consumer));
  if (!subscription) return refuse({"wsnt:SubscribeCreationFailedFault"}, subscription.error().message);
  made = *subscription;
  const bool wrong_address = device.quirks.has(quirks::wrong_subscription_address);
  add(add(call.answer, reference), "wsa5:Address",
      fmt::format("http://{}{}{}", wrong_address ? "192.0.2.1" : call.authority, subscription_path,
                  made->id));
  if (const auto age = device.quirks.time(quirks::pull_point_dies)) made->dies = device.clock.now() + *age;
  add_times(device, *made, call);
  device.events->synchronise(*made, device.now());
  return {};
}

OnvifOutcome create_pull_point(OnvifDevice& device, OnvifCall& call) {
  EventSubscriptionPtr made;
  return create(device, call, {}, "tev:SubscriptionReference", made);
}

OnvifOutcome subscribe(OnvifDevice& device, OnvifCall& call) {
  const auto consumer = text_at(call.request, "ConsumerReference/Address");
  if (!is_consumer_address(consumer)) {
    return refuse({"wsnt:SubscribeCreationFailedFault"},
                  fmt::format("\"{}\" is not of the form http://host[:port]/path", consumer));
  }
  EventSubscriptionPtr made;
  if (auto refused = create(device, call, consumer, "wsnt:SubscriptionReference", made)) return refused;
  device.push_events(made);
  return {};
}

OnvifOutcome unknown(const OnvifCall& call) {
  return refuse({"wsrf:ResourceUnknownFault"}, fmt::format("there is no subscription \"{}\"", call.object));
}

/// Timeout and MessageLimit of a request, or why not (ONVIF Core 9.2.2).
OnvifOutcome read_pull(const OnvifCall& call, base::Duration& timeout, int& limit) {
  const auto wanted = protocols::parse_xml_duration(text_at(call.request, "Timeout"));
  const auto most = base::parse_number<int>(text_at(call.request, "MessageLimit"));
  if (!wanted || *wanted < base::Duration::zero() || *wanted > longest_pull || !most || *most < 1 ||
      *most > most_at_once) {
    return refuse({"ter:InvalidArgVal"},
                  fmt::format("a pull takes at most 60 s and {} messages", most_at_once));
  }
  timeout = *wanted;
  limit = *most;
  return {};
}

boost::asio::awaitable<void> await_messages(OnvifDevice& device, OnvifCall& call) {
  base::Duration timeout{};
  int limit = 0;
  const auto subscription = device.events->find(call.object);
  // Messages for a consumer are waited for by who sends them.
  if (!subscription || !subscription->consumer.empty() || read_pull(call, timeout, limit)) co_return;
  // A pull keeps its pull point alive (ONVIF Core 9.2.1), but not where renewing matters.
  const auto& own = device.quirks;
  if (!own.has(quirks::renew_refused) && !own.has(quirks::relative_renew_refused))
    subscription->ends = std::max(subscription->ends, device.clock.now() + timeout + usual_life);
  if (device.quirks.has(quirks::initialized_repeated))
    device.events->synchronise(*subscription, device.now());
  co_await wait_for_messages(subscription, timeout);
}

boost::asio::awaitable<OnvifOutcome> pull(OnvifDevice& device, OnvifCall& call) {
  co_await await_messages(device, call);
  base::Duration timeout{};
  int limit = 0;
  if (auto refused = read_pull(call, timeout, limit)) co_return refused;
  const auto subscription = device.events->find(call.object);
  if (!subscription || !subscription->consumer.empty()) co_return unknown(call);
  add(call.answer, "tev:CurrentTime", shown(device, device.clock.now()));
  add(call.answer, "tev:TerminationTime", shown(device, subscription->ends));
  for (; limit > 0 && !subscription->waiting.empty(); --limit) {
    add_notification(call.answer, subscription->waiting.front());
    subscription->waiting.pop_front();
  }
  co_return OnvifOutcome();
}

OnvifOutcome renew(OnvifDevice& device, OnvifCall& call) {
  const auto subscription = device.events->find(call.object);
  if (!subscription) return unknown(call);
  if (device.quirks.has(quirks::renew_refused))
    return refuse({"ter:ActionNotSupported"}, "there is no Renew");
  const auto end = read_end(device, child(call.request, "TerminationTime"));
  const bool relative = text_at(call.request, "TerminationTime").starts_with('P');
  if (relative && device.quirks.has(quirks::relative_renew_refused))
    return refuse({"wsnt:UnacceptableTerminationTimeFault"}, "a subscription ends at a time");
  if (!end)
    return refuse({"wsnt:UnacceptableTerminationTimeFault"}, "a subscription ends within a day from now");
  subscription->ends = *end;
  add(call.answer, "wsnt:TerminationTime", shown(device, subscription->ends));
  add(call.answer, "wsnt:CurrentTime", shown(device, device.clock.now()));
  return {};
}

OnvifOutcome unsubscribe(OnvifDevice& device, OnvifCall& call) {
  const auto subscription = device.events->find(call.object);
  if (!subscription) return unknown(call);
  device.events->end(subscription);
  return {};
}

OnvifOutcome synchronise(OnvifDevice& device, OnvifCall& call) {
  const auto subscription = device.events->find(call.object);
  if (!subscription) return unknown(call);
  device.events->synchronise(*subscription, device.now());
  return {};
}

}  // namespace

OnvifService event_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  OnvifService service{"tev", "/onvif/event_service", 22, 6, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities, "tev", port_type},
      {"GetEventProperties", read, [&d](OnvifCall& c) { return event_properties(d, c); }, "tev", port_type},
      {"CreatePullPointSubscription", read, [&d](OnvifCall& c) { return create_pull_point(d, c); }, "tev",
       port_type},
      {"Subscribe", read, [&d](OnvifCall& c) { return subscribe(d, c); }, "wsnt", producer_type},
  };
  return service;
}

OnvifService subscription_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  OnvifService service{"tev", subscription_pattern, 22, 6, {}};
  service.operations = {
      {"PullMessages", read, {}, "tev", pull_type, [&d](OnvifCall& c) { return pull(d, c); }},
      {"SetSynchronizationPoint", read, [&d](OnvifCall& c) { return synchronise(d, c); }, "tev", pull_type},
      {"Renew", read, [&d](OnvifCall& c) { return renew(d, c); }, "wsnt", manager_type},
      {"Unsubscribe", read, [&d](OnvifCall& c) { return unsubscribe(d, c); }, "wsnt", manager_type},
  };
  return service;
}

}  // namespace watchrig::camera
