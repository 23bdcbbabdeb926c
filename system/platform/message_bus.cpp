#include "system/platform/message_bus.hpp"

#include <memory>

#include <fmt/format.h>

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

Message answer_to(const Message& message, boost::json::object body) {
  return {message.answer.empty() ? message.name + "_result" : message.answer,
          message.to,
          message.from,
          message.correlation,
          std::move(body),
          0,
          {}};
}

Error no_answer_in_time(const Message& message) {
  return {ErrorKind::timeout,
          fmt::format("{}: the role {} has not answered in time", message.name, message.to)};
}

Result<> MessageBus::serve(const std::string& role, Handler handler) {
  return serve_later(role, [handler = std::move(handler)](const Message& message, const Answered& answered) {
    answered(handler(message));
  });
}

MessageBus::Answer MessageBus::ask(Message message, base::Duration deadline) {
  const auto late = no_answer_in_time(message);
  auto coming = ask_later(std::move(message));
  if (coming.wait_for(deadline) != std::future_status::ready) return late;
  return coming.get();
}

std::future<MessageBus::Answer> MessageBus::ask_later(Message message) {
  const auto promise = std::make_shared<std::promise<Answer>>();
  auto coming = promise->get_future();
  ask_then(std::move(message), [promise](Answer answer) { promise->set_value(std::move(answer)); });
  return coming;
}

}  // namespace watchrig::platform
