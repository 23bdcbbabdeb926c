#include "system/central/accounts/account_name.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace watchrig::central {

FieldResult<void> check_account_name(std::string_view name, std::size_t longest) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '@' || c == '.';
  };
  if (!name.empty() && name.size() <= longest && std::ranges::all_of(name, allowed)) return {};
  return FieldError{"name",
                    {base::ErrorKind::invalid,
                     fmt::format("has 1 to {} letters, digits, \"_\", \"@\" and \".\"", longest)}};
}

}  // namespace watchrig::central
