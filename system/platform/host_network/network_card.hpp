#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/platform/host_network/ipv4_address.hpp"

namespace watchrig::platform {

/// An IPv4 address with the length of its subnet's prefix.
struct CardAddress {
  Ipv4 address = 0;
  unsigned prefix = 24;
  bool operator==(const CardAddress&) const = default;
};

/// A network card, or a bond of several, as the operating system has it now.
struct NetworkCard {
  unsigned index = 0;  ///< the operating system's, in the order in which cards appeared
  std::string name;
  std::string mac;
  bool enabled = false;  ///< switched on by an operator
  bool online = false;   ///< enabled, and there is a carrier
  std::optional<unsigned> speed_mbps;
  unsigned mtu = 1500;
  std::vector<CardAddress> addresses;
  bool leased = false;                        ///< the address has an end, so it came by DHCP
  std::string bond;                           ///< the bond that it is a member of
  std::string bond_mode;                      ///< of a bond: balance-rr, active-backup, 802.3ad
  std::optional<unsigned> lease_left_s = {};  ///< of an address that has an end
  bool operator==(const NetworkCard&) const = default;
};

/// A route of the main table. Those that the kernel makes for the cards' own subnets are left out.
struct HostRoute {
  Ipv4 destination = 0;  ///< 0 with prefix 0: the default route
  unsigned prefix = 0;
  std::optional<Ipv4> gateway;
  std::string card;
  unsigned metric = 0;
  bool is_default() const { return prefix == 0; }
  bool operator==(const HostRoute&) const = default;
};

/// Who is believed to be the gateway of a card.
struct GatewayNeighbour {
  std::string mac;    ///< empty: nobody has been seen yet
  bool tied = false;  ///< ARP does not change it
  bool operator==(const GatewayNeighbour&) const = default;
};

/// What was read at one moment.
struct HostNetworkState {
  std::vector<NetworkCard> cards;
  std::vector<HostRoute> routes;

  const NetworkCard* find(std::string_view name) const;
  /// The default route of a card, its gateway.
  const HostRoute* gateway_of(std::string_view card) const;
  /// The card whose default route counts: the one with the lowest metric.
  std::string default_card() const;
};

/// At most 15 letters, digits, `.`, `_` and `-`, begun by a letter or a digit: what Linux takes as a card's
/// name, without what a program could mistake for an option or a path.
bool is_card_name(std::string_view name);

}  // namespace watchrig::platform
