#pragma once

#include <algorithm>

#include "system/base/clock.hpp"

namespace watchrig::app {

/// How long to wait, on the clock, until something is looked at again: `again`, or longer on a clock that
/// runs so fast that less than `least_real` would pass.
inline base::Duration look_pause(const base::Clock& clock, base::Duration again, base::Duration least_real) {
  const auto real = clock.real(again);
  return real < least_real ? again * (least_real / std::max(real, base::Duration(1))) : again;
}

}  // namespace watchrig::app
