#pragma once

#include <map>
#include <string>
#include <string_view>

#include "system/base/result.hpp"

namespace watchrig::scenarios {

using Variables = std::map<std::string, std::string, std::less<>>;

/// Replaces every `${name}` by the value of the variable; `$$` stands for one dollar sign. Values are not
/// searched again. Invalid: a name without value (the message lists those that there are), a brace that does
/// not close, or a result over 64 KiB.
base::Result<std::string> substitute(std::string_view text, const Variables& variables);

/// Letters, digits, `-` and `_`, beginning with a letter, at most 64 long.
bool is_variable_name(std::string_view text);

}  // namespace watchrig::scenarios
