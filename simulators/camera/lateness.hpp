#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::camera {

/// The last 1024 delays of one kind, for their percentiles. Any thread.
class LatenessMeter {
 public:
  void add(base::Duration lateness) {
    const std::lock_guard lock(mutex_);
    ring_[count_++ % ring_.size()] = lateness;
  }

  /// `share` 0.5 is the median; zero when nothing was measured.
  base::Duration percentile(double share) const {
    std::vector<base::Duration> sorted;
    {
      const std::lock_guard lock(mutex_);
      sorted.assign(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(
                                                       std::min<std::uint64_t>(count_, ring_.size())));
    }
    if (sorted.empty()) return {};
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
    return sorted[static_cast<std::size_t>(at)];
  }

 private:
  mutable std::mutex mutex_;
  std::array<base::Duration, 1024> ring_{};
  std::uint64_t count_ = 0;
};

}  // namespace watchrig::camera
