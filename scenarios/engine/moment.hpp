#pragma once

#include <string>
#include <string_view>

#include "system/base/clock.hpp"

namespace watchrig::scenarios {

/// A point in time as a scenario writes it: `cut`, `cut+2s`, `now-500ms`. The name is that of a mark, a verb
/// or an event type (its latest occurrence), or `begin` (of the scenario) or `now`.
struct Moment {
  std::string name;
  base::Duration offset{};
};

/// A sign is an offset only where a digit follows it, so that names may contain hyphens.
base::Result<Moment> parse_moment(std::string_view text);

}  // namespace watchrig::scenarios
