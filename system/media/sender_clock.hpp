#pragma once

#include <cstdint>
#include <optional>

#include "system/base/clock.hpp"

namespace watchrig::media {

/// What a sender's reports tell of its clock: the UTC of RTP timestamps, and how wrong it is against this
/// server's. Nothing of it moves AccessUnit::time.
class SenderClock {
 public:
  explicit SenderClock(std::uint32_t rate) : rate_(rate) {}

  /// A report says that `timestamp` is `sender_utc`; it arrived at `arrival`.
  void report(base::UtcTime sender_utc, std::uint32_t timestamp, base::UtcTime arrival);
  void restart() { *this = SenderClock(rate_); }

  /// The sender's UTC of a timestamp by the last report, when that is less than an hour old.
  std::optional<base::UtcTime> utc(std::uint32_t timestamp, base::UtcTime now) const;
  /// The sender's UTC minus ours at the last report; includes the delay of the network.
  std::optional<base::Duration> offset() const;
  /// How fast the offset grows, once reports span ten seconds without a jump of more than a second between
  /// two.
  std::optional<double> drift_ppm() const;

 private:
  struct Report {
    base::UtcTime utc;
    std::uint32_t timestamp = 0;
    base::UtcTime arrival;
    base::Duration offset() const { return utc - arrival; }
  };
  std::uint32_t rate_;
  std::optional<Report> first_;  ///< since the last jump of the sender's clock
  std::optional<Report> last_;
};

}  // namespace watchrig::media
