#include "system/central/central_inbox.hpp"

#include "system/base/log.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Result;
using platform::Message;

namespace {

template <class Body>
Result<json::object> take(Inbox& inbox, const Message& message) {
  auto told = platform::from_message<Body>(message);
  if (!told) {
    base::log_error("a message is lost: {}", told.error().message);
    return told.error();
  }
  inbox.take(*std::move(told));
  return json::object();
}

Result<json::object> answer(Inbox& inbox, const Message& message) {
  if (message.name == platform::KeepAlive::message_name) return json::object();
  if (message.name == platform::ChannelState::message_name)
    return take<platform::ChannelState>(inbox, message);
  return take<platform::AlarmNotify>(inbox, message);
}

}  // namespace

void Inbox::take(platform::AlarmNotify told) {
  events.append({.type = std::move(told.type),
                 .channel = std::move(told.channel),
                 .channel_name = std::move(told.channel_name),
                 .cause = std::move(told.cause),
                 .message = std::move(told.message),
                 .data = std::move(told.data)});
}

Result<> serve_central(platform::MessageBus& bus, Inbox inbox) {
  return bus.serve(platform::central_role,
                   [inbox](const Message& message) mutable { return answer(inbox, message); });
}

}  // namespace watchrig::central
