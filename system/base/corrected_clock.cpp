#include "system/base/corrected_clock.hpp"

#include <algorithm>

namespace watchrig::base {

namespace {

constexpr auto longest_wait = std::chrono::seconds(10);

}  // namespace

CorrectedClock::CorrectedClock(const Settings& settings) : CorrectedClock(settings, Correction{}) {}

CorrectedClock::CorrectedClock(const Settings& settings, const Correction& correction)
    : Clock(settings), corrections_{correction}, correction_(&corrections_.front()) {}

Duration CorrectedClock::lead_at(const Correction& correction, UtcTime base) {
  if (correction.lead == Duration{}) return {};
  return std::max(Duration{}, correction.lead - std::max(Duration{}, base - correction.begin) / 2);
}

UtcTime CorrectedClock::now() const {
  const UtcTime base = Clock::now();
  const Correction& correction = *correction_.load(std::memory_order_acquire);
  return base + correction.offset + lead_at(correction, base);
}

Duration CorrectedClock::lead() const {
  return lead_at(*correction_.load(std::memory_order_acquire), Clock::now());
}

RealTime CorrectedClock::real_time(UtcTime time) const {
  const Correction& c = *correction_.load(std::memory_order_acquire);
  UtcTime base = time - c.offset;
  if (base < c.begin + 2 * c.lead) base += base - c.begin - 2 * c.lead;  // still at half speed then
  const auto due = Clock::real_time(base);
  return std::min<RealTime>(due, std::chrono::steady_clock::now() + longest_wait);
}

void CorrectedClock::set(UtcTime time) {
  const std::lock_guard lock(mutex_);
  const UtcTime base = Clock::now();
  const UtcTime shown = base + corrections_.back().offset + lead_at(corrections_.back(), base);
  corrections_.push_back({time - base, std::max(Duration{}, shown - time), base});
  correction_.store(&corrections_.back(), std::memory_order_release);
}

}  // namespace watchrig::base
