#include "system/platform/in_process_bus.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <thread>

#include <fmt/format.h>

#include "system/base/correlation.hpp"
#include "system/base/log.hpp"

namespace watchrig::platform {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

/// A message that was delivered and is answered once, by whatever becomes of it.
class InProcessBus::Question {
 public:
  Question(InProcessBus& bus, Message asked, Answered answered)
      : message(std::move(asked)), bus_(bus), answered_(std::move(answered)) {}
  ~Question() {
    answer(Error{ErrorKind::unavailable, fmt::format("{}: the role {} has let go of it without an answer",
                                                     message.name, message.to)});
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  void answer(Answer given) {
    if (!answered_ || is_answered_.exchange(true)) return;
    bus_.note_answer(message, given);
    answered_(std::move(given));
  }

  /// It was not delivered.
  void withdraw() { is_answered_ = true; }

  const Message message;

 private:
  InProcessBus& bus_;
  const Answered answered_;  ///< empty: nobody wants to know
  std::atomic<bool> is_answered_ = false;
};

class InProcessBus::Inbox {
 public:
  enum class Taken { yes, full, stopped };

  Inbox(LaterHandler handler, std::size_t most)
      : handler_(std::move(handler)), most_(most), thread_([this] { deliver_all(); }) {}
  ~Inbox() { stop(); }

  Taken push(std::shared_ptr<Question> question) {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Taken::stopped;
    if (waiting_.size() >= most_) return Taken::full;
    waiting_.push_back(std::move(question));
    more_.notify_one();
    return Taken::yes;
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
  std::shared_ptr<Question> next() {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return nullptr;
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }

  void handle(const std::shared_ptr<Question>& question) const {
    const Message& message = question->message;
    const base::CorrelationScope scope(message.correlation);
    try {
      handler_(message, [question](Answer answer) { question->answer(std::move(answer)); });
    } catch (const std::exception& error) {
      base::log_error("message {} to {}: internal error: {}", message.name, message.to, error.what());
      question->answer(
          Error{ErrorKind::io, fmt::format("{} failed on {}: internal error", message.name, message.to)});
    }
  }

  void deliver_all() {
    while (const auto question = next()) handle(question);
  }

  const LaterHandler handler_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::shared_ptr<Question>> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the others
};

InProcessBus::InProcessBus(const base::Clock& clock, MessageTrace& trace, std::size_t queue)
    : clock_(clock), trace_(trace), queue_(queue) {}

InProcessBus::~InProcessBus() { stop(); }

Result<> InProcessBus::serve_later(const std::string& role, LaterHandler handler) {
  const std::lock_guard lock(mutex_);
  if (inboxes_.contains(role))
    return Error{ErrorKind::conflict, fmt::format("the role {} is served already", role)};
  inboxes_[role] = std::make_unique<Inbox>(std::move(handler), queue_);
  return {};
}

void InProcessBus::number(Message& message) {
  message.number = ++last_number_;
  message.time = clock_.now();
}

Result<> InProcessBus::deliver(Message message, Answered answered) {
  if (message.correlation.empty()) message.correlation = base::correlation();
  if (message.correlation.empty()) message.correlation = base::new_correlation();
  // Let go of without the lock: whose role has let go of it already is answered by that.
  std::shared_ptr<Question> question;
  const std::lock_guard lock(mutex_);
  number(message);
  const auto inbox = inboxes_.find(message.to);
  if (inbox == inboxes_.end()) {
    trace_.add(message, "nobody serves this role");
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: nobody serves the role {}", message.name, message.to)};
  }
  // An answer that comes at once waits for this lock, and so is in the trace behind its question.
  question = std::make_shared<Question>(*this, message, std::move(answered));
  const auto taken = inbox->second->push(question);
  if (taken != Inbox::Taken::yes) question->withdraw();
  if (taken == Inbox::Taken::stopped) {
    trace_.add(message, "refused: the role has ended");
    return Error{ErrorKind::unavailable, fmt::format("{}: the role {} has ended", message.name, message.to)};
  }
  if (taken == Inbox::Taken::full) {
    trace_.add(message, "refused: the queue is full");
    return Error{ErrorKind::full,
                 fmt::format("{}: the role {} has too much to do", message.name, message.to)};
  }
  trace_.add(message, "sent");
  return {};
}

void InProcessBus::note_answer(const Message& message, const Answer& answer) {
  note(answer_to(message, answer ? *answer : json::object()),
       answer ? "sent" : "failed: " + answer.error().message);
}

void InProcessBus::note(Message message, std::string outcome) {
  if (message.correlation.empty()) message.correlation = base::new_correlation();
  const std::lock_guard lock(mutex_);
  number(message);
  trace_.add(message, std::move(outcome));
}

Result<> InProcessBus::send(Message message) { return deliver(std::move(message), {}); }

void InProcessBus::ask_then(Message message, Answered answered) {
  if (auto sent = deliver(std::move(message), answered); !sent) answered(sent.error());
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
