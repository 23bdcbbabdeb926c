#include "system/media/sender_clock.hpp"

namespace watchrig::media {

void SenderClock::report(base::UtcTime sender_utc, std::uint32_t timestamp, base::UtcTime arrival) {
  const Report report{sender_utc, timestamp, arrival};
  constexpr base::Duration jump = std::chrono::seconds(1);
  const bool jumped = last_ && std::chrono::abs(report.offset() - last_->offset()) > jump;
  if (!first_ || jumped) first_ = report;
  last_ = report;
}

std::optional<base::UtcTime> SenderClock::utc(std::uint32_t timestamp, base::UtcTime now) const {
  if (!last_ || now - last_->arrival > std::chrono::hours(1)) return std::nullopt;
  const std::int64_t ticks = static_cast<std::int32_t>(timestamp - last_->timestamp);
  return last_->utc + base::Duration(ticks * 1'000'000'000 / rate_);
}

std::optional<base::Duration> SenderClock::offset() const {
  if (!last_) return std::nullopt;
  return last_->offset();
}

std::optional<double> SenderClock::drift_ppm() const {
  if (!last_ || last_->arrival - first_->arrival < std::chrono::seconds(10)) return std::nullopt;
  const std::chrono::duration<double> passed = last_->arrival - first_->arrival;
  const std::chrono::duration<double> grown = last_->offset() - first_->offset();
  return grown / passed * 1e6;
}

}  // namespace watchrig::media
