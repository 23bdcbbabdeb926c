#include "system/devices/attempt_pace.hpp"

#include <algorithm>

namespace watchrig::devices {

base::UtcTime AttemptPace::take_turn() {
  const auto interval = std::chrono::duration<double>(1 / std::max(a_second_(), 1.0));
  const std::lock_guard lock(mutex_);
  const auto turn = std::max(next_, clock_.now());
  next_ = turn + std::chrono::duration_cast<base::Duration>(interval);
  return turn;
}

}  // namespace watchrig::devices
