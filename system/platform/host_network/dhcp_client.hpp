#pragma once

#include <filesystem>

#include "system/platform/host_network/host_command.hpp"
#include "system/platform/host_network/network_card.hpp"

namespace watchrig::platform {

/// What a DHCP server has given (RFC 2131).
struct DhcpLease {
  CardAddress address;
  std::optional<Ipv4> gateway;
  std::vector<Ipv4> name_servers;
  unsigned seconds = 0;
};

/// How soon a server that gave no address is asked again.
inline constexpr base::Duration dhcp_pause = std::chrono::minutes(1);

/// Reads the lines that the client's script prints. Errors: corrupt, when the server's answer is no address
/// that a card can have; it comes from the network and is trusted in nothing.
base::Result<DhcpLease> parse_lease(std::string_view text);

/// Asks for an address with udhcpc, which changes nothing itself: the script that it calls, kept as `script`,
/// only prints. Six seconds at most. Errors: unavailable when nobody answers, not_found when there is no
/// udhcpc. Blocks the thread.
base::Result<DhcpLease> ask_dhcp(const std::string& card, const CommandRunner& run, const CommandLine& prefix,
                                 const std::filesystem::path& script);

}  // namespace watchrig::platform
