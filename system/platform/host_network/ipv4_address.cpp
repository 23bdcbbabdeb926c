#include "system/platform/host_network/ipv4_address.hpp"

#include <bit>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::platform {

std::optional<Ipv4> parse_ipv4(std::string_view text) {
  const auto parts = base::split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  Ipv4 address = 0;
  for (const auto part : parts) {
    const auto number = base::parse_number<std::uint8_t>(part);
    if (!number || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    address = (address << 8) | *number;
  }
  return address;
}

std::string format_ipv4(Ipv4 address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 0xff, (address >> 8) & 0xff,
                     address & 0xff);
}

std::optional<unsigned> prefix_of_mask(Ipv4 mask) {
  const auto prefix = static_cast<unsigned>(std::countl_one(mask));
  if (mask != mask_of_prefix(prefix)) return std::nullopt;
  return prefix;
}

Ipv4 mask_of_prefix(unsigned prefix) { return prefix == 0 ? 0 : ~Ipv4{0} << (32 - prefix); }

bool is_host_address(Ipv4 address, unsigned prefix) {
  const unsigned first = address >> 24;
  if (first == 0 || first == 127 || first >= 224) return false;
  const Ipv4 host = address & ~mask_of_prefix(prefix);
  return prefix >= 31 || (host != 0 && host != ~mask_of_prefix(prefix));
}

bool same_subnet(Ipv4 a, Ipv4 b, unsigned prefix) {
  return (a & mask_of_prefix(prefix)) == (b & mask_of_prefix(prefix));
}

}  // namespace watchrig::platform
