#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "system/platform/host_network/ipv4_address.hpp"
#include "system/platform/neighbour_table.hpp"

namespace watchrig::platform {

/// What a host says of itself by ARP (RFC 826), of IPv4 over Ethernet.
struct ArpPacket {
  MacAddress sender{};
  Ipv4 sender_address = 0;  ///< 0: it asks whether an address is free (RFC 5227)
};

/// Reads what follows the Ethernet header. Nothing for what is not a question or an answer of IPv4 over
/// Ethernet.
std::optional<ArpPacket> parse_arp(std::span<const std::uint8_t> packet);

using ArpBytes = std::array<std::uint8_t, 28>;
/// The question whether somebody else has an address (RFC 5227, 2.1.1). Nobody's memory of neighbours is
/// changed by it.
ArpBytes arp_probe(const MacAddress& own, Ipv4 asked);

}  // namespace watchrig::platform
