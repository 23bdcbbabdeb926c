#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "system/base/clock.hpp"

namespace watchrig::base {

namespace asio = boost::asio;

/// Waits on a Clock. Belongs to one executor; one wait at a time. The clock outlives the timer.
class Timer {
 public:
  Timer(asio::any_io_executor executor, const Clock& clock);
  ~Timer();
  Timer(Timer&&) = default;
  Timer& operator=(Timer&&) = default;

  /// True when the model time was reached, false when cancel() came first.
  asio::awaitable<bool> wait_until(UtcTime time);
  asio::awaitable<bool> wait_for(Duration duration);
  /// Ends the wait under way, if any. On the timer's executor.
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// A deadline for input and output: calls `on_expiry` once unless it is destroyed before. Deadlines guard
/// against a silent peer, whose sockets are real, so they run in real time whatever the scale of the clock.
/// Create, destroy and expire on one executor.
class Watchdog {
 public:
  Watchdog(asio::any_io_executor executor, Duration deadline, std::function<void()> on_expiry);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Starts the deadline anew.
  void restart();
  bool expired() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::base
