#include "scenarios/engine/substitution.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::size_t max_result = 64 * 1024;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

base::Error unknown(std::string_view name, const Variables& variables) {
  const auto known = variables.empty()
                         ? std::string("there are none")
                         : "there are " + base::joined(variables, ", ", &Variables::value_type::first);
  return {base::ErrorKind::invalid, fmt::format("no parameter is called \"{}\" ({})", name, known)};
}

}  // namespace

bool is_variable_name(std::string_view text) {
  const auto allowed = [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= 64 && is_letter(text.front()) && std::ranges::all_of(text, allowed);
}

base::Result<std::string> substitute(std::string_view text, const Variables& variables) {
  std::string result;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      result += '$';
      text.remove_prefix(1);
    } else if (text.starts_with('{')) {
      const auto end = text.find('}');
      if (end == std::string_view::npos) return base::Error{base::ErrorKind::invalid, "\"${\" without \"}\""};
      const auto name = text.substr(1, end - 1);
      const auto found = variables.find(name);
      if (found == variables.end()) return unknown(name, variables);
      result += found->second;
      text.remove_prefix(end + 1);
    } else {
      result += '$';
    }
    if (result.size() > max_result) return base::Error{base::ErrorKind::invalid, "longer than 64 KiB"};
  }
  return result;
}

}  // namespace watchrig::scenarios
