#pragma once

#include <string>
#include <string_view>

#include "simulators/camera/personalities/quirks.hpp"

namespace watchrig::camera {

/// The description as a camera with these quirks gives it. `base` is its Content-Base.
std::string quirky_sdp(const Quirks& quirks, std::string_view sdp, std::string_view base);

/// The address with a host that nobody reaches (RFC 5737), or with another path.
std::string with_foreign_host(std::string_view url);
std::string with_wrong_path(std::string_view url);

}  // namespace watchrig::camera
