#include "scenarios/engine/step_syntax.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/model/measurement.hpp"
#include "scenarios/engine/moment.hpp"
#include "system/base/clock.hpp"
#include "system/base/text.hpp"

namespace watchrig::scenarios {

namespace {

constexpr std::uint64_t max_count = 1'000'000;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::string check_duration(std::string_view value) {
  const auto duration = base::parse_duration(value);
  if (!duration) return duration.error().message;
  if (*duration < base::Duration::zero() || *duration > std::chrono::days(30))
    return "is not within 0s and 30d";
  return {};
}

std::string check_number(std::string_view value, double min, double max) {
  const auto number = base::parse_number<double>(value);
  if (!number || !std::isfinite(*number)) return "is not a number";
  if (*number < min || *number > max) return fmt::format("is not within {} and {}", min, max);
  return {};
}

std::string check_count(std::string_view value) {
  const auto number = base::parse_number<std::uint64_t>(value);
  return number && *number <= max_count ? "" : fmt::format("is not a whole number up to {}", max_count);
}

std::string check_choice(std::string_view value, std::string_view choices) {
  return std::ranges::count(base::split(choices, '|'), value) > 0 ? ""
                                                                  : fmt::format("is none of {}", choices);
}

/// The unit is known only when the step is done; a limit has to suit one of those that are measured.
std::string check_limit(std::string_view value) {
  const auto seconds = reports::parse_limits(value, "s");
  if (seconds || reports::parse_limits(value, "B") || reports::parse_limits(value, "cores")) return {};
  return seconds.error().message;
}

/// What is wrong, or nothing.
std::string complaint(const AttributeSyntax& syntax, std::string_view value) {
  switch (syntax.kind) {
    case AttributeKind::text:
      return value.empty() ? "is empty" : "";
    case AttributeKind::limit:
      return check_limit(value);
    case AttributeKind::name:
      return value.empty() || value.size() > 64 || !is_printable(value)
                 ? "is not 1 to 64 printable characters"
                 : "";
    case AttributeKind::duration:
      return check_duration(value);
    case AttributeKind::count:
      return check_count(value);
    case AttributeKind::number:
      return check_number(value, -1e15, 1e15);
    case AttributeKind::share:
      return check_number(value, 0, 1);
    case AttributeKind::boolean:
      return check_choice(value, "true|false");
    case AttributeKind::choice:
      return check_choice(value, syntax.choices);
    case AttributeKind::moment: {
      const auto moment = parse_moment(value);
      return moment ? "" : moment.error().message;
    }
    case AttributeKind::fields: {
      const auto fields = parse_fields(value);
      return fields ? "" : fields.error().message;
    }
  }
  return {};
}

}  // namespace

const AttributeSyntax* StepSyntax::find(std::string_view attribute) const {
  const auto found = std::ranges::find(attributes, attribute, &AttributeSyntax::name);
  return found == attributes.end() ? nullptr : &*found;
}

const StepSyntax* StepTable::find(std::string_view verb) const {
  const auto found = std::ranges::find(steps_, verb, &StepSyntax::verb);
  return found == steps_.end() ? nullptr : &*found;
}

std::vector<StepSyntax> block_steps() {
  using enum AttributeKind;
  const AttributeSyntax title{"title", text};
  const AttributeSyntax on_fail{"on-fail", choice, false, "stop|continue"};
  const AttributeSyntax times{"times", count};
  const AttributeSyntax index{"index", name};
  return {
      {"group", Block::sequence, false, {title, on_fail}},
      {"parallel", Block::parallel, false, {title, times, index}},
      {"repeat", Block::repeat, false, {title, on_fail, times, index, {"for", duration}}},
  };
}

base::Result<> check_value(const AttributeSyntax& syntax, std::string_view value) {
  const auto wrong = complaint(syntax, value);
  if (wrong.empty()) return {};
  return base::Error{base::ErrorKind::invalid, fmt::format("{}=\"{}\" {}", syntax.name, value, wrong)};
}

base::Result<std::vector<std::pair<std::string, std::string>>> parse_fields(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto part : base::split(text, ',')) {
    const auto [name, value] = base::split_once(part, '=');
    if (base::trim(name).empty() || part.find('=') == std::string_view::npos) {
      return base::Error{base::ErrorKind::invalid, "is not a list of name=value with commas between them"};
    }
    fields.emplace_back(base::trim(name), base::trim(value));
  }
  return fields;
}

}  // namespace watchrig::scenarios
