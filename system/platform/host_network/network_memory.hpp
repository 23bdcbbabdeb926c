#pragma once

#include <filesystem>
#include <map>

#include "system/base/result.hpp"
#include "system/platform/host_network/network_commands.hpp"
#include "system/platform/neighbour_table.hpp"

namespace watchrig::platform {

/// Name servers: as DHCP says, or by hand.
struct NameServers {
  bool automatic = true;
  std::optional<Ipv4> preferred;
  std::optional<Ipv4> alternate;
  bool operator==(const NameServers&) const = default;
};

/// A gateway is another one behind another card, although it may have the same address.
struct GatewayPlace {
  std::string card;
  Ipv4 address = 0;
  auto operator<=>(const GatewayPlace&) const = default;  // NOLINT(modernize-use-nullptr): clang 14's own 0
};

/// What operators have asked for, to be set again when the operating system has forgotten it.
struct WantedNetwork {
  struct Card {
    bool dhcp = false;
    CardSettings settings;
    bool operator==(const Card&) const = default;
  };
  std::map<std::string, Card> cards;
  std::string default_card;
  NameServers name_servers;
  std::vector<HostRoute> routes;
  std::vector<BondSettings> bonds;
  /// That are tied to network cards. Those that a lease has replaced stay, for when they come back.
  std::map<GatewayPlace, MacAddress> gateways;
  bool ssh = false;
  bool operator==(const WantedNetwork&) const = default;
};

/// Reads `network.json`; a missing file is nothing wanted. Errors: corrupt, with what to do.
base::Result<WantedNetwork> load_wanted(const std::filesystem::path& file);
/// Writes it beside and renames it, so that a power cut leaves the old or the new one.
base::Result<> save_wanted(const std::filesystem::path& file, const WantedNetwork& wanted);

}  // namespace watchrig::platform
