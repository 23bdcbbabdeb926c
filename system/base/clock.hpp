#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::base {

using Duration = std::chrono::nanoseconds;
using UtcTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using RealTime = std::chrono::steady_clock::time_point;

/// The only source of time. Model time runs from `start` at the real instant `epoch`, `scale` times as fast:
///   now = start + (real UTC - epoch) * scale.
/// Processes that are given the same settings agree on the time, whenever they started. The real clock is
/// read once at construction and continued by the monotonic clock, so a step of the system clock does not
/// show. Any thread may call every function.
class Clock {
 public:
  struct Settings {
    UtcTime epoch{};     ///< real UTC instant at which model time is `start`
    UtcTime start{};     ///< model UTC at `epoch`
    double scale = 1.0;  ///< model seconds a real second, 0.001 to 100000
  };

  Clock();  ///< real time
  explicit Clock(const Settings& settings);
  virtual ~Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  /// Parses `epoch=2026-01-31T12:00:00Z,scale=60[,start=2026-03-29T00:00:00Z]`. Every part is optional: epoch
  /// defaults to the present, start to epoch, scale to 1.
  static Result<Settings> parse(std::string_view text);
  /// The text that parse() reads back to the same settings.
  static std::string format(const Settings& settings);

  const Settings& settings() const { return settings_; }
  virtual UtcTime now() const;
  /// The real instant at which model time reaches `time`; RealTime::max() when only a test can tell.
  virtual RealTime real_time(UtcTime time) const;
  /// A model duration in real time.
  Duration real(Duration model) const;

 private:
  friend class Timer;
  friend class ManualClock;
  struct Waiter {
    virtual ~Waiter() = default;
    virtual void recheck() = 0;
  };
  virtual void add_waiter(const std::shared_ptr<Waiter>&) const {}

  Settings settings_;
  RealTime base_real_;
  UtcTime base_model_;
};

/// A clock for unit tests that moves only by advance(); waiting timers are woken when their time has come.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UtcTime now);
  UtcTime now() const override;
  RealTime real_time(UtcTime time) const override;
  void advance(Duration by);

 private:
  void add_waiter(const std::shared_ptr<Waiter>& waiter) const override;

  mutable std::mutex mutex_;
  UtcTime now_;
  mutable std::vector<std::weak_ptr<Waiter>> waiters_;
};

/// `2026-01-31T12:00:00.000Z`; milliseconds unless `digits` (0, 3, 6 or 9) says otherwise.
std::string format_utc(UtcTime time, int digits = 3);
/// Reads what format_utc writes, of the years 1678 to 2261; the fraction may be absent or up to nine digits.
Result<UtcTime> parse_utc(std::string_view text);
/// Parses `250ms`, `1.5s`, `2min`, `3h`, `1d`, `40us`.
Result<Duration> parse_duration(std::string_view text);
/// The shortest text of whole units that parse_duration reads back, `1500ms`.
std::string format_duration(Duration duration);

}  // namespace watchrig::base
