#pragma once

#include <map>
#include <string_view>

#include "system/platform/host_network/host_command.hpp"
#include "system/platform/host_network/network_card.hpp"

namespace watchrig::platform {

/// Reads cards and routes from what `ip -j -d address`, `ip -j route` and `grep . /sys/class/net/*/speed`
/// print. Cards are Ethernet devices; those that only carry others (bridges, ifb, tunnels) are left out.
/// Errors: corrupt, when it is not what iproute2 prints.
base::Result<HostNetworkState> parse_iproute2(std::string_view addresses, std::string_view routes,
                                              std::string_view speeds);

/// Runs the three programs; `prefix` stands before each (`ip netns exec NAME`). Errors: also unavailable.
base::Result<HostNetworkState> read_by_iproute2(const CommandRunner& run, const CommandLine& prefix);
/// Who is believed to be the gateway of each card that has one. Errors: the same.
base::Result<std::map<std::string, GatewayNeighbour>> read_gateways(const HostNetworkState& state,
                                                                    const CommandRunner& run,
                                                                    const CommandLine& prefix);

}  // namespace watchrig::platform
