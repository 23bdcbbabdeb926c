#include "simulators/camera/onvif/event_push.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "system/http/http_fetch.hpp"

namespace watchrig::camera {

namespace {

constexpr std::size_t most_at_once = 20;
constexpr int most_failures = 3;
constexpr auto patience = std::chrono::seconds(5);
/// Between looks at whether the subscription's time is over, and after a failure.
constexpr base::Duration pause = std::chrono::seconds(1);

http::FetchRequest notify(EventSubscription& subscription) {
  const auto url = boost::urls::parse_uri(subscription.consumer);
  http::FetchRequest request;
  request.method = "POST";
  request.host = url->host_address();
  if (url->has_port() && url->port_number() != 0) request.port = url->port_number();
  if (!url->encoded_target().empty()) request.target = url->encoded_target();
  request.headers.emplace_back("Content-Type", "application/soap+xml; charset=utf-8");
  request.deadline = patience;
  protocols::SoapWriter writer;
  protocols::add(writer.header(), "wsa5:Action",
                 "http://docs.oasis-open.org/wsn/bw-2/NotificationConsumer/Notify");
  auto content = protocols::add(writer.body(), "wsnt:Notify");
  for (std::size_t i = 0; i < std::min(most_at_once, subscription.waiting.size()); ++i)
    add_notification(content, subscription.waiting[i]);
  request.body = writer.text();
  return request;
}

}  // namespace

bool is_consumer_address(std::string_view address) {
  const auto url = boost::urls::parse_uri(address);
  return address.size() < 1024 && url && url->scheme() == "http" && !url->host().empty();
}

boost::asio::awaitable<void> push_events(EventSubscriptionPtr subscription, std::weak_ptr<EventHub> hub) {
  int failures = 0;
  while (subscription->open) {
    if (subscription->waiting.empty() || failures > 0) {
      co_await subscription->wake.wait_for(pause);
      const auto known = hub.lock();
      // Ends those whose time is over.
      if (!known || !known->find(subscription->id)) co_return;
      if (subscription->waiting.empty()) continue;
    }
    const auto count = std::min(most_at_once, subscription->waiting.size());
    const auto dropped = subscription->dropped;
    auto request = notify(*subscription);
    const auto answer = co_await http::fetch(std::move(request));
    if (answer && answer->status < 300) {
      failures = 0;
      // What was dropped meanwhile was at the front.
      const auto gone = std::min<std::size_t>(count, subscription->dropped - dropped);
      for (std::size_t i = gone; i < count; ++i) subscription->waiting.pop_front();
    } else if (++failures == most_failures) {
      if (const auto known = hub.lock()) known->end(subscription);
    }
  }
}

}  // namespace watchrig::camera
