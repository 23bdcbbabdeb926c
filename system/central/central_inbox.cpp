#include "system/central/central_inbox.hpp"

#include "system/base/log.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Result;
using platform::Message;

namespace {

void keep(Inbox& inbox, platform::AlarmNotify told) {
  inbox.events.append({.type = std::move(told.type),
                       .channel = std::move(told.channel),
                       .channel_name = std::move(told.channel_name),
                       .cause = std::move(told.cause),
                       .message = std::move(told.message),
                       .data = std::move(told.data)});
}

void keep(Inbox& inbox, platform::ChannelState told) { inbox.channels.take(std::move(told)); }

template <class Body>
Result<json::object> keep_as(Inbox& inbox, const Message& message) {
  auto told = platform::from_message<Body>(message);
  if (!told) {
    base::log_error("a message is lost: {}", told.error().message);
    return told.error();
  }
  keep(inbox, *std::move(told));
  return json::object();
}

}  // namespace

Result<json::object> Inbox::take(const Message& message) {
  if (message.name == platform::KeepAlive::message_name) return json::object();
  if (message.name == platform::ChannelState::message_name)
    return keep_as<platform::ChannelState>(*this, message);
  return keep_as<platform::AlarmNotify>(*this, message);
}

Result<> serve_central(platform::MessageBus& bus, Inbox inbox) {
  return bus.serve(platform::central_role,
                   [inbox](const Message& message) mutable { return inbox.take(message); });
}

}  // namespace watchrig::central
