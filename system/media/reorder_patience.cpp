#include "system/media/reorder_patience.hpp"

#include <algorithm>

namespace watchrig::media {

using namespace std::chrono_literals;

std::string_view name_of(CacheStrategy strategy) {
  switch (strategy) {
    case CacheStrategy::adaptive:
      return "adaptive";
    case CacheStrategy::realtime:
      return "realtime";
    case CacheStrategy::fluent:
      return "fluent";
  }
  return "adaptive";
}

std::optional<CacheStrategy> cache_strategy_from(std::string_view name) {
  for (const auto strategy : {CacheStrategy::adaptive, CacheStrategy::realtime, CacheStrategy::fluent}) {
    if (name == name_of(strategy)) return strategy;
  }
  return std::nullopt;
}

ReorderLimits reorder_limits(CacheStrategy strategy) {
  switch (strategy) {
    case CacheStrategy::adaptive:
      return {.usual = 200ms, .shortest = 50ms, .longest = 1s};
    case CacheStrategy::realtime:
      return {.usual = 50ms};
    case CacheStrategy::fluent:
      return {.usual = 1s};
  }
  return {.usual = 200ms};
}

base::Duration ReorderPatience::wait(base::UtcTime now) {
  forget(now);
  return wait_;
}

void ReorderPatience::came(base::Duration waited, base::UtcTime now) { need(waited, now); }

// How late it is, is known of what was given up last; of what was given up before, it is a little more. What
// nobody has waited for teaches nothing.
void ReorderPatience::came_late(base::UtcTime now) {
  if (gave_up_) need(wait_ + (now - *gave_up_), now);
}

void ReorderPatience::need(base::Duration needed, base::UtcTime now) {
  forget(now);
  if (!window_begin_) window_begin_ = now;
  needed_ = std::max(needed_, needed);
  decide();
}

void ReorderPatience::forget(base::UtcTime now) {
  if (!window_begin_ || now - *window_begin_ < limits_.window) return;
  needed_before_ = now - *window_begin_ < 2 * limits_.window ? needed_ : base::Duration::zero();
  needed_ = {};
  window_begin_ = now;
  decide();
}

void ReorderPatience::decide() {
  const auto most = std::max(needed_, needed_before_);
  wait_ = most == base::Duration::zero() ? limits_.usual
                                         : std::clamp(most + most / 4, limits_.shortest, limits_.longest);
}

}  // namespace watchrig::media
