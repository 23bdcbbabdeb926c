#include "system/platform/host_network/arp_packet.hpp"

#include <algorithm>

namespace watchrig::platform {

namespace {

// Ethernet, IPv4, and the lengths of their addresses.
constexpr std::uint8_t beginning[] = {0, 1, 8, 0, 6, 4};
constexpr std::size_t operation = 7, sender_mac = 8, sender_ip = 14, target_ip = 24;
constexpr std::uint8_t question = 1, answer = 2;

}  // namespace

std::optional<ArpPacket> parse_arp(std::span<const std::uint8_t> packet) {
  if (packet.size() < ArpBytes{}.size() || !std::ranges::equal(packet.first(std::size(beginning)), beginning))
    return std::nullopt;
  if (packet[operation - 1] != 0 || (packet[operation] != question && packet[operation] != answer))
    return std::nullopt;
  ArpPacket read;
  std::ranges::copy(packet.subspan(sender_mac, read.sender.size()), read.sender.begin());
  for (const auto byte : packet.subspan(sender_ip, sizeof(Ipv4)))
    read.sender_address = read.sender_address << 8U | byte;
  return read;
}

ArpBytes arp_probe(const MacAddress& own, Ipv4 asked) {
  ArpBytes packet{};
  std::ranges::copy(beginning, packet.begin());
  packet[operation] = question;
  std::ranges::copy(own, packet.begin() + sender_mac);
  for (std::size_t i = 0; i < sizeof asked; ++i)
    packet[target_ip + i] = static_cast<std::uint8_t>(asked >> (8U * (sizeof asked - 1 - i)));
  return packet;
}

}  // namespace watchrig::platform
