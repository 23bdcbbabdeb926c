#pragma once

#include <filesystem>
#include <mutex>

#include "system/base/corrected_clock.hpp"
#include "system/central/field_error.hpp"

namespace watchrig::central {

/// Sets the time of the server and remembers it over restarts, as what is added to the clock of the operating
/// system, which stays as it is. Any thread.
class ServerClock {
 public:
  /// Farther back would take too long, since no instant may come twice.
  static constexpr base::Duration farthest_back = std::chrono::hours(1);

  /// The clock outlives it.
  ServerClock(base::CorrectedClock& clock, std::filesystem::path file)
      : clock_(clock), file_(std::move(file)) {}

  /// What an earlier run has remembered in the file; nothing when there is none. Errors: corrupt, with the
  /// remedy.
  static base::Result<base::CorrectedClock::Correction> remembered(const std::filesystem::path& file);

  /// Errors: invalid (too far back, or not within 2000 to 2199), io (it is set, but will be forgotten).
  base::Result<> set(base::UtcTime time);
  /// By how much the clock is still ahead; it runs at half speed until that is nothing.
  base::Duration lead() const { return clock_.lead(); }

 private:
  base::CorrectedClock& clock_;
  const std::filesystem::path file_;
  std::mutex mutex_;
};

}  // namespace watchrig::central
