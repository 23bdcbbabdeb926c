#pragma once

#include <optional>
#include <random>

#include "system/base/clock.hpp"

namespace watchrig::devices {

/// How long to wait before the next attempt to connect. The wait doubles from attempt to attempt and is drawn
/// at random between half and the whole of it, so that cameras lost together do not come back together. A
/// success resets it only when the connection then stayed for `stable`: a device that dies after a second
/// each time is not stormed. Where the password was refused the wait grows further, because many devices lock
/// an account that is tried too often.
class Backoff {
 public:
  struct Options {
    base::Duration first = std::chrono::milliseconds(500);
    base::Duration most = std::chrono::seconds(30);
    base::Duration stable = std::chrono::seconds(30);
    base::Duration most_refused = std::chrono::minutes(5);
  };

  Backoff(const Options& options, std::uint64_t seed) : options_(options), random_(seed) {}

  void connected(base::UtcTime now) { connected_ = now; }
  /// The wait after a failed attempt or a lost connection.
  base::Duration next(base::UtcTime now, bool refused = false);

 private:
  Options options_;
  std::mt19937_64 random_;
  base::Duration ceiling_{};
  std::optional<base::UtcTime> connected_;
};

}  // namespace watchrig::devices
