#include "system/central/central_inbox.hpp"

#include "system/base/log.hpp"

namespace watchrig::central {

using base::Result;
using platform::Message;

namespace {

Result<boost::json::object> take(EventLog& events, const Message& message) {
  if (message.name == platform::KeepAlive::message_name) return boost::json::object();
  auto told = platform::from_message<platform::AlarmNotify>(message);
  if (!told) {
    base::log_error("a message is lost: {}", told.error().message);
    return told.error();
  }
  events.append(to_event(*std::move(told)));
  return boost::json::object();
}

}  // namespace

Event to_event(platform::AlarmNotify told) {
  return {.type = std::move(told.type),
          .channel = std::move(told.channel),
          .channel_name = std::move(told.channel_name),
          .cause = std::move(told.cause),
          .message = std::move(told.message),
          .data = std::move(told.data)};
}

Result<> serve_central(platform::MessageBus& bus, EventLog& events) {
  return bus.serve(platform::central_role,
                   [&events](const Message& message) { return take(events, message); });
}

}  // namespace watchrig::central
