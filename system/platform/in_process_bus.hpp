#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "system/platform/message_trace.hpp"

namespace watchrig::platform {

/// The bus of roles that are in one process: a queue and a thread for each role.
class InProcessBus final : public MessageBus {
 public:
  /// At most `queue` messages wait for a role. Clock and trace outlive the bus.
  InProcessBus(const base::Clock& clock, MessageTrace& trace, std::size_t queue = 65'536);
  /// Waits for the handlers under way.
  ~InProcessBus() override;

  base::Result<> serve_later(const std::string& role, LaterHandler handler) override;
  base::Result<> send(Message message) override;
  void ask_then(Message message, Answered answered) override;
  void note(Message message, std::string outcome) override;
  void stop() override;

 private:
  class Inbox;
  class Question;
  base::Result<> deliver(Message message, Answered answered);
  void note_answer(const Message& message, const Answer& answer);
  void number(Message& message);

  const base::Clock& clock_;
  MessageTrace& trace_;
  const std::size_t queue_;
  std::mutex mutex_;  ///< also keeps numbers, trace and queues in one order
  std::uint64_t last_number_ = 0;
  std::map<std::string, std::unique_ptr<Inbox>> inboxes_;
};

}  // namespace watchrig::platform
