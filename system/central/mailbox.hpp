#pragma once

#include <string_view>

namespace watchrig::central {

/// Whether it is a mailbox of RFC 5321 without quoting.
bool is_mailbox(std::string_view text);

}  // namespace watchrig::central
