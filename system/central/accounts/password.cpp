#include "system/central/accounts/password.hpp"

#include <algorithm>
#include <argon2.h>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <openssl/rand.h>

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t shortest = 8;
constexpr std::size_t longest = 32;

// The second of the parameter sets that OWASP recommends for argon2id.
constexpr std::uint32_t passes = 2;
constexpr std::uint32_t memory_kib = 19 * 1024;
constexpr std::uint32_t lanes = 1;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;

struct Kinds {
  bool lower = false, upper = false, digit = false, symbol = false;
  int count(const PasswordRule& rule) const {
    return (rule.cases_are_two_kinds ? lower + upper : (lower || upper)) + digit + symbol;
  }
};

Kinds kinds_of(std::string_view password) {
  Kinds kinds;
  for (const char c : password) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::islower(byte))
      kinds.lower = true;
    else if (std::isupper(byte))
      kinds.upper = true;
    else if (std::isdigit(byte))
      kinds.digit = true;
    else
      kinds.symbol = true;
  }
  return kinds;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Three letters or digits of which each follows the one before at the distance `step`.
bool has_run(std::string_view text, int step) {
  for (std::size_t i = 2; i < text.size(); ++i) {
    const bool alike = (std::isdigit(text[i]) && std::isdigit(text[i - 1]) && std::isdigit(text[i - 2])) ||
                       (std::isalpha(text[i]) && std::isalpha(text[i - 1]) && std::isalpha(text[i - 2])) ||
                       step == 0;
    if (alike && text[i] - text[i - 1] == step && text[i - 1] - text[i - 2] == step) return true;
  }
  return false;
}

}  // namespace

Result<> check_password(std::string_view password, std::string_view username, const PasswordRule& rule) {
  const auto refuse = [](std::string message) { return Error{ErrorKind::invalid, std::move(message)}; };
  if (password.size() < shortest || password.size() > longest) {
    return refuse(fmt::format("a password has {} to {} characters", shortest, longest));
  }
  if (std::any_of(password.begin(), password.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    return refuse("a password has printable ASCII characters only, without blanks");
  }
  if (password.find_first_of(rule.forbidden) != std::string_view::npos)
    return refuse(fmt::format("a password must not have any of {}", fmt::join(rule.forbidden, " ")));
  if (kinds_of(password).count(rule) < 2) {
    return refuse(fmt::format("a password has at least two of {}, digits and symbols",
                              rule.cases_are_two_kinds ? "lower case, upper case" : "letters"));
  }
  const std::string low = lower(password);
  const std::string name = lower(username);
  if (!name.empty() && (low.find(name) != std::string::npos ||
                        low.find(std::string(name.rbegin(), name.rend())) != std::string::npos)) {
    return refuse("a password must not have the account's name in it, forwards or backwards");
  }
  if (has_run(low, 1) || has_run(low, -1)) return refuse("a password must not have a run such as 123 or abc");
  if (has_run(low, 0)) return refuse("a password must not have a character three times in a row");
  return {};
}

FieldResult<void> check_new_password(std::string_view password, std::string_view again,
                                     std::string_view username, const PasswordRule& rule) {
  if (const auto checked = check_password(password, username, rule); !checked)
    return FieldError{"password", checked.error()};
  if (password != again)
    return FieldError{"password_again", {ErrorKind::invalid, "is not the same as the password"}};
  return {};
}

PasswordStrength password_strength(std::string_view password, std::string_view username,
                                   const PasswordRule& rule) {
  if (!check_password(password, username, rule)) return PasswordStrength::weak;
  const Kinds kinds = kinds_of(password);
  const bool all = kinds.lower && kinds.upper && kinds.digit && kinds.symbol;
  return all && password.size() >= 12 ? PasswordStrength::strong : PasswordStrength::medium;
}

std::string_view to_string(PasswordStrength strength) {
  switch (strength) {
    case PasswordStrength::weak:
      return "weak";
    case PasswordStrength::medium:
      return "medium";
    case PasswordStrength::strong:
      return "strong";
  }
  return "weak";
}

Result<std::string> hash_password(std::string_view password) {
  std::array<std::uint8_t, salt_bytes> salt;
  if (RAND_bytes(salt.data(), salt.size()) != 1) {
    return Error{ErrorKind::io, "the system gives no random numbers for a password's salt"};
  }
  std::string hash(argon2_encodedlen(passes, memory_kib, lanes, salt_bytes, hash_bytes, Argon2_id), '\0');
  const int code = argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(),
                                         salt.data(), salt.size(), hash_bytes, hash.data(), hash.size());
  if (code != ARGON2_OK) return Error{ErrorKind::io, fmt::format("argon2: {}", argon2_error_message(code))};
  hash.pop_back();  // its terminator
  return hash;
}

bool is_password(std::string_view password, const std::string& hash) {
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

}  // namespace watchrig::central
