#include "system/devices/backoff.hpp"

#include <algorithm>

namespace watchrig::devices {

base::Duration Backoff::next(base::UtcTime now) {
  const bool was_stable = connected_ && now - *connected_ >= options_.stable;
  connected_.reset();
  ceiling_ = was_stable || ceiling_ == base::Duration::zero() ? options_.first
                                                              : std::min(ceiling_ * 2, options_.most);
  std::uniform_int_distribution<std::int64_t> draw(ceiling_.count() / 2, ceiling_.count());
  return base::Duration(draw(random_));
}

}  // namespace watchrig::devices
