#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace watchrig::platform {

/// An IPv4 address in host byte order.
using Ipv4 = std::uint32_t;

/// Reads a dotted quad (RFC 6943, 3.1.1, the strict form): four numbers from 0 to 255 without leading zeros.
std::optional<Ipv4> parse_ipv4(std::string_view text);
std::string format_ipv4(Ipv4 address);

/// The length of a subnet mask's prefix, 0 to 32; nothing when its ones are not all on the left.
std::optional<unsigned> prefix_of_mask(Ipv4 mask);
Ipv4 mask_of_prefix(unsigned prefix);

/// Neither the subnet's own address nor its broadcast address, in a unicast range (RFC 1122, 3.2.1.3; RFC
/// 3021 allows both of a /31).
bool is_host_address(Ipv4 address, unsigned prefix);
bool same_subnet(Ipv4 a, Ipv4 b, unsigned prefix);

}  // namespace watchrig::platform
