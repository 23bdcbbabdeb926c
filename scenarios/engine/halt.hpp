#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "reports/model/verdict.hpp"
#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// Where every wait of a scenario waits, so that its end reaches all of them at once: its timeout, a crash of
/// the system under test, the death of the rig, an interruption. Any thread.
class Halt {
 public:
  struct Cause {
    reports::Verdict verdict = reports::Verdict::fail;
    std::string reason;
  };
  enum class Wake {
    met,      ///< the condition holds
    expired,  ///< the time has come
    halted,   ///< the scenario is over
  };

  /// The clock outlives this object.
  explicit Halt(const base::Clock& clock) : clock_(clock) {}

  /// Ends every wait, now and later. The first cause stays.
  void halt(reports::Verdict verdict, std::string reason);
  bool halted() const;
  std::optional<Cause> cause() const;

  /// Has waiting conditions looked at again.
  void notify();
  /// Waits for the condition until the model time. It is called on this thread after every notify(), without
  /// locks.
  Wake wait_until(base::UtcTime until, const std::function<bool()>& condition = {});
  /// The same for a condition that nobody announces: asks it every `interval` of real time.
  Wake poll_until(base::UtcTime until, base::Duration interval, const std::function<bool()>& condition);

 private:
  Wake wait(base::UtcTime until, base::Duration interval, const std::function<bool()>& condition);

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;
  std::optional<Cause> cause_;
};

}  // namespace watchrig::scenarios
