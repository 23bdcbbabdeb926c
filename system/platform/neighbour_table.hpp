#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

namespace watchrig::platform {

/// The address of a network card (IEEE 802 EUI-48).
using MacAddress = std::array<std::uint8_t, 6>;

/// Reads `52:54:00:aa:0B:01`, also with `-`; nothing for another text, all zeros and addresses of groups.
std::optional<MacAddress> parse_mac(std::string_view text);
/// `52:54:00:aa:0b:01`
std::string to_string(const MacAddress& mac);

/// Of the host with this address, from the kernel's table of neighbours (rtnetlink(7), RTM_GETNEIGH); nothing
/// when it is none, for example behind a router. Blocks for microseconds. Any thread.
std::optional<MacAddress> mac_of(const boost::asio::ip::address& address);

}  // namespace watchrig::platform
