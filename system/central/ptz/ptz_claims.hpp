#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/central/settings/settings.hpp"

namespace watchrig::central {

/// The settings `ptz`: how long a camera stays somebody's, and who comes first.
SettingSection ptz_section();

/// Somebody who steers a camera. A larger rank comes first.
struct PtzOperator {
  std::string account, session;
  int rank = 0;
};

/// Who steers which camera: one operator at a time, until they have given no command for a while. Whoever
/// ranks higher takes it over; an account may go on from another session. Any thread.
class PtzClaims {
 public:
  struct Claim {
    PtzOperator who;
    base::UtcTime until;
  };
  struct Taken {
    bool begun = false;                              ///< it was not theirs before
    std::optional<PtzOperator> from = std::nullopt;  ///< whom it was taken from
  };

  /// The clock outlives it.
  explicit PtzClaims(const base::Clock& clock) : clock_(clock) {}

  /// For a command, or without one. Error conflict: who has it, and until when.
  base::Result<Taken> take(const std::string& channel, const PtzOperator& who, base::Duration hold);
  /// False when it is not theirs.
  bool release(const std::string& channel, const std::string& account);
  std::optional<Claim> holder(const std::string& channel) const;

 private:
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Claim> claims_;  ///< by channel; some are over
};

}  // namespace watchrig::central
