#pragma once

#include "system/platform/host_network/command_plan.hpp"
#include "system/platform/host_network/network_card.hpp"
#include "system/platform/neighbour_table.hpp"

namespace watchrig::platform {

/// How a card shall be.
struct CardSettings {
  std::optional<CardAddress> address;  ///< none: it loses the ones it has
  std::optional<Ipv4> gateway;
  unsigned mtu = 1500;
  std::optional<unsigned> lease_s;  ///< the address ends by itself after so many seconds
  bool operator==(const CardSettings&) const = default;
};

struct BondSettings {
  std::string name;
  std::string mode;  ///< balance-rr, active-backup or 802.3ad
  std::vector<std::string> members;
  bool operator==(const BondSettings&) const = default;
};

/// The words of iproute2 for each change, made from the state that was read before. Every name has passed
/// is_card_name. Routes of a card whose address or link goes are taken away first and put back after, because
/// the kernel would drop them silently. An address that has an end keeps it when it moves.
CommandPlan plan_card(const HostNetworkState& state, const NetworkCard& card, const CardSettings& wanted);
/// Gives the card's default route the lowest metric, and the one before a higher one.
CommandPlan plan_default_card(const HostNetworkState& state, const NetworkCard& card);
CommandPlan plan_add_route(const HostRoute& route);
CommandPlan plan_remove_route(const HostRoute& route);
/// An entry in the table of neighbours that no ARP changes; taken back, what was there is learnt anew.
CommandPlan plan_tie(const std::string& card, Ipv4 gateway, const MacAddress& mac);
CommandPlan plan_untie(const std::string& card, Ipv4 gateway);
/// The bond takes address and gateway of its first member (IVSS 8.3.1.2.1).
CommandPlan plan_bond(const HostNetworkState& state, const BondSettings& bond);
/// The first member takes the bond's address and gateway (IVSS 8.3.1.2), the others what `others` says, in
/// order.
CommandPlan plan_split(const HostNetworkState& state, const NetworkCard& bond,
                       const std::vector<CardSettings>& others);

}  // namespace watchrig::platform
