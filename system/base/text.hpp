#pragma once

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace watchrig::base {

/// Parts between separators; an empty text has one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The text before and after the first separator; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> split_once(std::string_view text, char separator);

/// Without leading and trailing spaces, tabs and line ends.
std::string_view trim(std::string_view text);

/// ASCII comparison without regard to case, as header names of RTSP and HTTP need.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Lower-case hexadecimal digits, two a byte.
std::string to_hex(const void* data, std::size_t size);

/// What `projection` makes of each entry, with separators between: the names of a list in a message.
template <class Range, class Projection = std::identity>
std::string joined(const Range& range, std::string_view separator, Projection projection = {}) {
  std::string text;
  for (bool first = true; const auto& entry : range) {
    if (!first) text += separator;
    text += std::invoke(projection, entry);
    first = false;
  }
  return text;
}

/// The whole text as a number, or nothing: no sign of plus, no spaces, nothing behind it.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace watchrig::base
