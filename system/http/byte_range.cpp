#include "system/http/byte_range.hpp"

#include <algorithm>
#include <limits>

#include "system/base/text.hpp"

namespace watchrig::http {

namespace {

/// The greatest number there is for all that are greater.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  const bool is_number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  return base::parse_number<std::uint64_t>(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace

std::optional<ByteRange> parse_byte_range(std::string_view header, std::uint64_t size) {
  const auto equals = header.find('=');
  if (equals == std::string_view::npos || !base::equal_ignoring_case(header.substr(0, equals), "bytes"))
    return std::nullopt;
  const auto range = base::trim(header.substr(equals + 1));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto before = range.substr(0, dash), behind = range.substr(dash + 1);
  const auto first = parse_position(before), last = parse_position(behind);
  if ((!first && !before.empty()) || (!last && !behind.empty())) return std::nullopt;
  if (!first) {
    if (!last || (size == 0 && *last > 0)) return std::nullopt;
    const auto bytes = std::min(*last, size);
    return ByteRange{size - bytes, bytes};
  }
  if (last && *last < *first) return std::nullopt;
  if (*first >= size) return ByteRange{};
  return ByteRange{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

}  // namespace watchrig::http
