#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "scenarios/engine/step_syntax.hpp"

namespace watchrig::scenarios {

/// What a value must be; several parts must all hold.
struct Condition {
  std::optional<std::string> is;        ///< exactly this text (numbers: the same number)
  std::optional<std::string> contains;  ///< text within it
  std::optional<double> at_least;
  std::optional<double> at_most;

  bool empty() const { return !is && !contains && !at_least && !at_most; }
};

/// The attributes is, contains, at-least and at-most.
std::vector<AttributeSyntax> condition_attributes();

/// What is wrong with the value, or nothing: `is 3, not at least 4`.
std::string complaint(const Condition& condition, const boost::json::value& value);

/// A value within a document by JSON pointer (RFC 6901); null when there is none.
const boost::json::value* at_pointer(const boost::json::value& document, std::string_view pointer);

/// The sum over all series of a Prometheus text (exposition format 0.0.4) with that name and at least those
/// labels; nothing when there is none.
std::optional<double> metric_value(std::string_view exposition, std::string_view name,
                                   const std::vector<std::pair<std::string, std::string>>& labels);

}  // namespace watchrig::scenarios
