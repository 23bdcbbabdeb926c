#pragma once

#include <functional>
#include <future>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::platform {

/// What one role tells another. Names are those of H.626.4 where it has one for the purpose (link_nvr_pu,
/// set_nvr_record_strategy, alarm_notify), and in its manner where it has none.
struct Message {
  std::string name;
  std::string from;         ///< role: central, storage, …
  std::string to;           ///< role
  std::string correlation;  ///< empty: that of the thread's CorrelationScope, or else a new one
  boost::json::object body;
  std::uint64_t number = 0;  ///< given by the bus, in the order of sending
  base::UtcTime time{};      ///< the same
  std::string answer = {};   ///< name of its answer; empty: its own with "_result"
};

/// A message's answer on its way back: from the role, from somebody else, with that body.
Message answer_to(const Message& message, boost::json::object body);

/// How roles talk, so that they do not include each other. Messages from one sender to one role arrive in the
/// order in which they were sent, one at a time; roles do not wait for each other unless they ask for an
/// answer. Any thread. Everything that passes is in the MessageTrace.
class MessageBus {
 public:
  using Answer = base::Result<boost::json::object>;
  /// The answer to a message that asks for one; of others it is not looked at. An exception is a programming
  /// error: logged, counted, answered as a failure, and the next message is delivered all the same.
  using Handler = std::function<Answer(const Message&)>;
  /// Told the answer, once. Must not wait for anything.
  using Answered = std::function<void(Answer)>;
  /// Takes a message and answers whenever it likes, on any thread, as long as there is the bus; the next one
  /// comes meanwhile. One that lets go of `answered` has answered that it is unavailable.
  using LaterHandler = std::function<void(const Message&, Answered answered)>;

  virtual ~MessageBus() = default;

  /// Who gets the messages to a role from now on; conflict when somebody does.
  base::Result<> serve(const std::string& role, Handler handler);
  /// The same for a role that has answers to wait for.
  virtual base::Result<> serve_later(const std::string& role, LaterHandler handler) = 0;
  /// Sends without waiting. Errors: unavailable (nobody serves the role, or it has ended), full (its queue
  /// is: the overflow policy is `refuse`, since the sender knows best what a lost message means).
  virtual base::Result<> send(Message message) = 0;
  /// Sends, and tells the answer or why there is none: in this call, or on a thread of the bus or the role. A
  /// role that hangs never answers; ask() and async_ask() have deadlines.
  virtual void ask_then(Message message, Answered answered) = 0;
  /// Sends and waits for the answer, at most so long of real time, because a role that hangs knows no clock.
  /// Errors: also timeout, and whatever the role answers. Not from within a handler of the same role, nor on
  /// a thread that must not block; see async_ask() for coroutines.
  Answer ask(Message message, base::Duration deadline);
  /// The same in two steps; the answer of a role that hangs never comes.
  std::future<Answer> ask_later(Message message);
  /// Has the trace know what passes beside the bus: to devices, by protocols of their own.
  virtual void note(Message message, std::string outcome) = 0;
  /// Delivers what is queued, then nothing more.
  virtual void stop() = 0;
};

/// What who asks is told of a role that has not answered in time.
base::Error no_answer_in_time(const Message& message);

}  // namespace watchrig::platform
