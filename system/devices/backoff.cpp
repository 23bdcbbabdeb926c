#include "system/devices/backoff.hpp"

#include <algorithm>

namespace watchrig::devices {

base::Duration Backoff::next(base::UtcTime now, bool refused) {
  const bool was_stable = connected_ && now - *connected_ >= options_.stable;
  connected_.reset();
  const auto most = refused ? options_.most_refused : options_.most;
  ceiling_ = was_stable || ceiling_ == base::Duration::zero() ? options_.first : std::min(ceiling_ * 2, most);
  std::uniform_int_distribution<std::int64_t> draw(ceiling_.count() / 2, ceiling_.count());
  return base::Duration(draw(random_));
}

}  // namespace watchrig::devices
