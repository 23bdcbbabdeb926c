#pragma once

#include <functional>
#include <mutex>

#include "system/base/clock.hpp"

namespace watchrig::devices {

/// Attempts to connect to devices, of all sources together, one after the other at a steady rate: when a
/// thousand cameras vanish at once, or come back, neither they nor the network meet a storm. Any thread.
class AttemptPace {
 public:
  /// `a_second` is asked at each attempt; at least 1.
  AttemptPace(const base::Clock& clock, std::function<double()> a_second)
      : clock_(clock), a_second_(std::move(a_second)) {}

  /// When the caller may try. Each call takes a turn of its own, in the order of calls.
  base::UtcTime take_turn();

 private:
  const base::Clock& clock_;
  const std::function<double()> a_second_;
  std::mutex mutex_;
  base::UtcTime next_;
};

}  // namespace watchrig::devices
