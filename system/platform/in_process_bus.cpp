#include "system/platform/in_process_bus.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "system/base/correlation.hpp"
#include "system/base/log.hpp"

namespace watchrig::platform {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

/// What somebody waits for; kept alive by both sides, whoever gives up first.
struct InProcessBus::Answer {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<Result<json::object>> result;

  void set(Result<json::object> value) {
    const std::lock_guard lock(mutex);
    result = std::move(value);
    came.notify_all();
  }
};

class InProcessBus::Inbox {
 public:
  using Note = std::function<void(const Message&, const Result<json::object>&)>;

  Inbox(Handler handler, std::size_t most, Note note)
      : handler_(std::move(handler)),
        most_(most),
        note_(std::move(note)),
        thread_([this] { deliver_all(); }) {}
  ~Inbox() { stop(); }

  bool push(Message message, std::shared_ptr<Answer> answer) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= most_) return false;
    waiting_.push_back({std::move(message), std::move(answer)});
    more_.notify_one();
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      more_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Waiting {
    Message message;
    std::shared_ptr<Answer> answer;
  };

  std::optional<Waiting> next() {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    std::optional<Waiting> first(std::move(waiting_.front()));
    waiting_.pop_front();
    return first;
  }

  Result<json::object> handle(const Message& message) const {
    const base::CorrelationScope scope(message.correlation);
    try {
      return handler_(message);
    } catch (const std::exception& error) {
      base::log_error("message {} to {}: internal error: {}", message.name, message.to, error.what());
      return Error{ErrorKind::io, fmt::format("{} failed on {}: internal error", message.name, message.to)};
    }
  }

  void deliver_all() {
    while (auto waiting = next()) {
      auto result = handle(waiting->message);
      if (!waiting->answer) continue;
      note_(waiting->message, result);
      waiting->answer->set(std::move(result));
    }
  }

  const Handler handler_;
  const std::size_t most_;
  const Note note_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Waiting> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the others
};

InProcessBus::InProcessBus(const base::Clock& clock, MessageTrace& trace, std::size_t queue)
    : clock_(clock), trace_(trace), queue_(queue) {}

InProcessBus::~InProcessBus() { stop(); }

Result<> InProcessBus::serve(const std::string& role, Handler handler) {
  const std::lock_guard lock(mutex_);
  if (inboxes_.contains(role))
    return Error{ErrorKind::conflict, fmt::format("the role {} is served already", role)};
  inboxes_[role] = std::make_unique<Inbox>(
      std::move(handler), queue_,
      [this](const Message& message, const Result<json::object>& answer) { note_answer(message, answer); });
  return {};
}

Result<> InProcessBus::deliver(Message message, std::shared_ptr<Answer> answer) {
  if (message.correlation.empty()) message.correlation = base::correlation();
  if (message.correlation.empty()) message.correlation = base::new_correlation();
  const std::lock_guard lock(mutex_);
  message.number = ++last_number_;
  message.time = clock_.now();
  const auto inbox = inboxes_.find(message.to);
  if (inbox == inboxes_.end()) {
    trace_.add(message, "nobody serves this role");
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: nobody serves the role {}", message.name, message.to)};
  }
  if (!inbox->second->push(message, std::move(answer))) {
    trace_.add(message, "refused: the queue is full");
    return Error{ErrorKind::full,
                 fmt::format("{}: the role {} has too much to do", message.name, message.to)};
  }
  trace_.add(message, "sent");
  return {};
}

void InProcessBus::note_answer(const Message& message, const Result<json::object>& answer) {
  Message told{message.name + "_result", message.to, message.from, message.correlation, {}, 0, {}};
  if (answer) told.body = *answer;
  const std::lock_guard lock(mutex_);
  told.number = ++last_number_;
  told.time = clock_.now();
  trace_.add(told, answer ? "sent" : "failed: " + answer.error().message);
}

Result<> InProcessBus::send(Message message) { return deliver(std::move(message), nullptr); }

Result<json::object> InProcessBus::ask(Message message, base::Duration deadline) {
  const auto answer = std::make_shared<Answer>();
  const auto what = fmt::format("{} to {}", message.name, message.to);
  if (auto sent = deliver(std::move(message), answer); !sent) return sent.error();
  std::unique_lock lock(answer->mutex);
  if (!answer->came.wait_for(lock, deadline, [&] { return answer->result.has_value(); }))
    return Error{ErrorKind::timeout, fmt::format("{}: no answer in time", what)};
  return *std::move(answer->result);
}

void InProcessBus::stop() {
  // A handler may be sending at this moment, and needs the lock for it.
  std::vector<Inbox*> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [role, inbox] : inboxes_) all.push_back(inbox.get());
  }
  for (Inbox* inbox : all) inbox->stop();
}

}  // namespace watchrig::platform
