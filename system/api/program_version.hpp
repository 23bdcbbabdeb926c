#pragma once

#include <string_view>

namespace watchrig::api {

/// Of this program, "1.2.3".
std::string_view program_version();

}  // namespace watchrig::api
