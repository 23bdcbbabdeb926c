#include "scenarios/engine/condition.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

std::optional<double> as_number(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  json::error_code error;
  const double number = value.to_number<double>(error);
  return error ? std::nullopt : std::optional(number);
}

std::string as_text(const json::value& value) {
  if (value.is_double()) return fmt::format("{}", value.get_double());
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

bool equals(const json::value& value, const std::string& text) {
  const auto number = as_number(value);
  const auto wanted = base::parse_number<double>(text);
  return number && wanted ? *number == *wanted : as_text(value) == text;
}

/// Reads `a="x",b="y"` with the escapes of the format; false when it breaks it.
bool parse_labels(std::string_view text, std::vector<std::pair<std::string, std::string>>& labels) {
  while (!text.empty()) {
    const auto equal = text.find("=\"");
    if (equal == std::string_view::npos) return base::trim(text).empty();
    std::string name(base::trim(text.substr(0, equal)));
    std::string value;
    std::size_t i = equal + 2;
    for (; i < text.size() && text[i] != '"'; ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      value += text[i];
    }
    if (i >= text.size()) return false;
    labels.emplace_back(std::move(name), std::move(value));
    text.remove_prefix(i + 1);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return true;
}

}  // namespace

std::vector<AttributeSyntax> condition_attributes() {
  using enum AttributeKind;
  return {{"is", text}, {"contains", text}, {"at-least", number}, {"at-most", number}};
}

std::string complaint(const Condition& condition, const json::value& value) {
  if (condition.is && !equals(value, *condition.is))
    return fmt::format("is {}, not {}", as_text(value), *condition.is);
  if (condition.contains && as_text(value).find(*condition.contains) == std::string::npos) {
    return fmt::format("is \"{}\", without \"{}\"", as_text(value), *condition.contains);
  }
  if (!condition.at_least && !condition.at_most) return {};
  const auto number = as_number(value);
  if (!number) return fmt::format("is {}, no number", as_text(value));
  if (condition.at_least && *number < *condition.at_least) {
    return fmt::format("is {}, not at least {}", *number, *condition.at_least);
  }
  if (condition.at_most && *number > *condition.at_most) {
    return fmt::format("is {}, not at most {}", *number, *condition.at_most);
  }
  return {};
}

const json::value* at_pointer(const json::value& document, std::string_view pointer) {
  json::error_code error;
  return document.find_pointer(pointer, error);
}

std::optional<double> metric_value(std::string_view exposition, std::string_view name,
                                   const std::vector<std::pair<std::string, std::string>>& labels) {
  std::optional<double> sum;
  for (const auto line : base::split(exposition, '\n')) {
    if (!line.starts_with(name)) continue;
    auto rest = line.substr(name.size());
    std::vector<std::pair<std::string, std::string>> present;
    if (rest.starts_with('{')) {
      const auto end = rest.rfind('}');
      if (end == std::string_view::npos || !parse_labels(rest.substr(1, end - 1), present)) continue;
      rest.remove_prefix(end + 1);
    }
    if (!rest.starts_with(' ')) continue;
    const auto has = [&](const auto& label) { return std::ranges::count(present, label) > 0; };
    const auto value = base::parse_number<double>(base::split_once(base::trim(rest), ' ').first);
    if (value && std::ranges::all_of(labels, has)) sum = sum.value_or(0) + *value;
  }
  return sum;
}

}  // namespace watchrig::scenarios
