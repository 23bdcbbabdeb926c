#pragma once

#include <string>
#include <string_view>

namespace watchrig::central {

/// The text as a search compares it: without regard to case, for the letters of all scripts. Bytes that are
/// no UTF-8 stay as they are.
std::string folded(std::string_view text);

}  // namespace watchrig::central
