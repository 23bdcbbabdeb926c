#include "system/platform/message_bus.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include <fmt/format.h>

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

/// What somebody waits for; kept alive by both sides, whoever gives up first.
struct Awaited {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<MessageBus::Answer> answer;
};

}  // namespace

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
  const auto awaited = std::make_shared<Awaited>();
  const auto late = no_answer_in_time(message);
  ask_then(std::move(message), [awaited](Answer answer) {
    const std::lock_guard lock(awaited->mutex);
    awaited->answer = std::move(answer);
    awaited->came.notify_all();
  });
  std::unique_lock lock(awaited->mutex);
  if (!awaited->came.wait_for(lock, deadline, [&] { return awaited->answer.has_value(); })) return late;
  return *std::move(awaited->answer);
}

}  // namespace watchrig::platform
