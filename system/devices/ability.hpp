#pragma once

#include <string_view>

namespace watchrig::devices {

/// Whether a device can do something. `unknown`: it has not been asked, or does not say.
enum class Ability { unknown, no, yes };
std::string_view to_string(Ability ability);

}  // namespace watchrig::devices
