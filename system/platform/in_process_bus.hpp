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

  base::Result<> serve(const std::string& role, Handler handler) override;
  base::Result<> send(Message message) override;
  base::Result<boost::json::object> ask(Message message, base::Duration deadline) override;
  void stop() override;

 private:
  class Inbox;
  struct Answer;
  base::Result<> deliver(Message message, std::shared_ptr<Answer> answer);
  void note_answer(const Message& message, const base::Result<boost::json::object>& answer);

  const base::Clock& clock_;
  MessageTrace& trace_;
  const std::size_t queue_;
  std::mutex mutex_;  ///< also keeps numbers, trace and queues in one order
  std::uint64_t last_number_ = 0;
  std::map<std::string, std::unique_ptr<Inbox>> inboxes_;
};

}  // namespace watchrig::platform
