#pragma once

#include <string_view>

namespace watchrig::central {

/// Whether a text can be the name or address of a host: 1 to 253 letters, digits, dots, hyphens and colons,
/// and no option of a program.
bool is_host_name(std::string_view text);

}  // namespace watchrig::central
