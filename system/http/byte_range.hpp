#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace watchrig::http {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
};

/// The part of a representation of `size` bytes that a Range header asks for (RFC 9110, 14.1.2), without
/// bytes when there are none of what it asks for. Nothing when all is to be sent (14.2): the header is
/// malformed, of another unit or of several ranges, or it asks for the end of what is empty.
std::optional<ByteRange> parse_byte_range(std::string_view header, std::uint64_t size);

}  // namespace watchrig::http
