#pragma once

#include <string>
#include <string_view>

#include "system/base/result.hpp"
#include "system/central/field_error.hpp"
#include "system/central/product_profile.hpp"

namespace watchrig::central {

/// Refuses a password that breaks the rules, with the rule: 8 to 32 printable ASCII characters without blanks
/// and without ' " ; : &, of at least two of letters, digits and symbols (IVSS 5.1; the product profile may
/// have others of these two); neither the account's name forwards or backwards nor a run such as 123 or abc
/// nor a repeat such as 111 in it (micro server, appendix 1).
base::Result<> check_password(std::string_view password, std::string_view username,
                              const PasswordRule& rule = default_profile().password);
/// The same for one that is entered twice. Errors: invalid, with the field password or password_again.
FieldResult<void> check_new_password(std::string_view password, std::string_view again,
                                     std::string_view username, const PasswordRule& rule);

/// For the eye of who chooses it. Weak: refused by the rules. Strong: 12 or more characters with upper and
/// lower case, digits and symbols.
enum class PasswordStrength { weak, medium, strong };
PasswordStrength password_strength(std::string_view password, std::string_view username,
                                   const PasswordRule& rule = default_profile().password);
std::string_view to_string(PasswordStrength strength);

/// Argon2id (RFC 9106) in its encoded form, with a random salt. Takes about 20 ms and 19 MiB: for a worker
/// thread.
base::Result<std::string> hash_password(std::string_view password);
/// Whether the password is the one that was hashed; takes as long as hashing.
bool is_password(std::string_view password, const std::string& hash);

}  // namespace watchrig::central
