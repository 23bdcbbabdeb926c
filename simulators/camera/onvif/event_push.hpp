#pragma once

#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "simulators/camera/onvif/event_hub.hpp"

namespace watchrig::camera {

/// Whether it is of the form http://host[:port]/path.
bool is_consumer_address(std::string_view address);

/// Sends a consumer its messages by wsnt:Notify (WS-BaseNotification 4.2) for as long as the subscription
/// lasts. One that is three times away, or answers with something else than success, loses it. On the hub's
/// executor.
boost::asio::awaitable<void> push_events(EventSubscriptionPtr subscription, std::weak_ptr<EventHub> hub);

}  // namespace watchrig::camera
