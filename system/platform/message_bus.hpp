#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::platform {

/// What one role tells another. Names are those of H.626.4 where it has one for the purpose (bind_device,
/// set_nvr_record_strategy, alarm_notify), and in its manner where it has none.
struct Message {
  std::string name;
  std::string from;         ///< role: central, storage, …
  std::string to;           ///< role
  std::string correlation;  ///< empty: that of the thread's CorrelationScope, or else a new one
  boost::json::object body;
  std::uint64_t number = 0;  ///< given by the bus, in the order of sending
  base::UtcTime time{};      ///< the same
};

/// How roles talk, so that they do not include each other. Messages from one sender to one role arrive in the
/// order in which they were sent, one at a time; roles do not wait for each other unless they ask for an
/// answer. Any thread. Everything that passes is in the MessageTrace.
class MessageBus {
 public:
  /// The answer to a message that asks for one; of others it is not looked at. An exception is a programming
  /// error: logged, counted, answered as a failure, and the next message is delivered all the same.
  using Handler = std::function<base::Result<boost::json::object>(const Message&)>;

  virtual ~MessageBus() = default;

  /// Who gets the messages to a role from now on; conflict when somebody does.
  virtual base::Result<> serve(const std::string& role, Handler handler) = 0;
  /// Sends without waiting. Errors: unavailable (nobody serves the role), full (its queue is: the overflow
  /// policy is `refuse`, since the sender knows best what a lost message means).
  virtual base::Result<> send(Message message) = 0;
  /// Sends and waits for the answer, at most so long of real time, because a role that hangs knows no clock.
  /// Errors: also timeout, and whatever the role answers. Not from within a handler of the same role.
  virtual base::Result<boost::json::object> ask(Message message, base::Duration deadline) = 0;
  /// Delivers what is queued, then nothing more.
  virtual void stop() = 0;
};

}  // namespace watchrig::platform
