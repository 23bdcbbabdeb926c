#pragma once

#include <cstddef>
#include <string_view>

namespace watchrig::base {

/// How many bytes the UTF-8 sequence at the front has (RFC 3629, section 4), 0 when it is malformed or there
/// is none.
std::size_t utf8_length(std::string_view text);

/// Whether all of the text is UTF-8: without overlong forms, surrogates, and what is beyond U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace watchrig::base
