#pragma once

#include <atomic>
#include <deque>
#include <mutex>

#include "system/base/clock.hpp"

namespace watchrig::base {

/// A clock that can be set while it runs, and of which no instant comes twice: forward it steps at once, back
/// it runs at half speed until it is right. Any thread; reading takes no lock.
class CorrectedClock final : public Clock {
 public:
  /// What is added to the clock of the settings: `offset`, and of `lead` what is left of it half a second a
  /// second after `begin` (on the clock of the settings).
  struct Correction {
    Duration offset{};
    Duration lead{};
    UtcTime begin{};
  };

  explicit CorrectedClock(const Settings& settings);
  CorrectedClock(const Settings& settings, const Correction& correction);

  UtcTime now() const override;
  /// At most ten seconds ahead: who waits for it asks again then, since the clock may have been set
  /// meanwhile.
  RealTime real_time(UtcTime time) const override;

  /// From now on, or as soon as it has lost what it is ahead, the clock is what it would be if it were `time`
  /// now.
  void set(UtcTime time);
  /// By how much it is still ahead.
  Duration lead() const;
  Correction correction() const { return *correction_.load(std::memory_order_acquire); }

 private:
  static Duration lead_at(const Correction& correction, UtcTime base);

  std::mutex mutex_;
  std::deque<Correction> corrections_;  ///< all there were, since somebody may be reading one
  std::atomic<const Correction*> correction_;
};

}  // namespace watchrig::base
