#pragma once

#include <cstddef>
#include <string_view>

#include "system/central/field_error.hpp"

namespace watchrig::central {

inline constexpr std::size_t longest_group_name = 64;  ///< IVSS 8.7.1
inline constexpr std::size_t longest_user_name = 31;   ///< IVSS 8.7.2, 8.7.4

/// Refuses, as the field `name`, what is not 1 to `longest` letters, digits, "_", "@" and ".".
FieldResult<void> check_account_name(std::string_view name, std::size_t longest);

}  // namespace watchrig::central
