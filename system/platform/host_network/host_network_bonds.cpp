#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "system/platform/host_network/host_network.hpp"

namespace watchrig::platform {

using base::ErrorKind;

namespace {

constexpr std::string_view modes[] = {"balance-rr", "active-backup", "802.3ad"};

NetworkRefusal refuse(std::string field, ErrorKind kind, std::string message) {
  return {std::move(field), {kind, std::move(message)}};
}

NetworkResult<> check_bond(const HostNetworkState& state, const BondSettings& bond) {
  if (std::ranges::find(modes, bond.mode) == std::end(modes))
    return refuse("mode", ErrorKind::invalid, "must be balance-rr, active-backup or 802.3ad");
  if (!is_card_name(bond.name))
    return refuse("name", ErrorKind::invalid, "must be a card's name such as bond0");
  if (state.find(bond.name)) return refuse("name", ErrorKind::conflict, "is that of another card");
  if (bond.members.size() < 2) return refuse("cards", ErrorKind::invalid, "must name two cards at least");
  if (std::set(bond.members.begin(), bond.members.end()).size() != bond.members.size())
    return refuse("cards", ErrorKind::invalid, "names a card twice");
  for (const auto& name : bond.members) {
    const NetworkCard* card = state.find(name);
    if (!card) return refuse("cards", ErrorKind::not_found, fmt::format("there is no card \"{}\"", name));
    if (!card->bond.empty() || !card->bond_mode.empty())
      return refuse("cards", ErrorKind::conflict, fmt::format("\"{}\" belongs to a bond already", name));
  }
  return {};
}

/// With address and gateway go their ties.
void move_gateways(WantedNetwork& wanted, const std::string& from, const std::string& to) {
  for (auto it = wanted.gateways.begin(); it != wanted.gateways.end();) {
    const auto at = it++;
    if (at->first.card != from) continue;
    wanted.gateways[{to, at->first.address}] = at->second;
    wanted.gateways.erase(at);
  }
}

}  // namespace

NetworkResult<> HostNetwork::bond(const BondSettings& bond) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  if (auto checked = check_bond(*state, bond); !checked) return checked;
  if (auto done = perform(plan_bond(*state, bond)); !done) return done;
  WantedNetwork next = wanted_;
  move_gateways(next, bond.members.front(), bond.name);
  const auto first = next.cards.find(bond.members.front());
  if (first != next.cards.end()) {
    next.cards[bond.name] = first->second;
    if (first->second.dhcp) renew_soon(bond.name);
  }
  for (const auto& member : bond.members) {
    next.cards.erase(member);
    renewals_.erase(member);
    std::erase_if(next.routes, [&](const HostRoute& route) { return route.card == member; });
    std::erase_if(next.gateways, [&](const auto& entry) { return entry.first.card == member; });
  }
  next.bonds.push_back(bond);
  return remember_tied(std::move(next));
}

NetworkResult<> HostNetwork::split(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  const NetworkCard* bond = state->find(name);
  if (!bond || bond->bond_mode.empty())
    return refuse({}, ErrorKind::not_found, fmt::format("there is no bond \"{}\"", name));
  std::vector<CardSettings> others;
  WantedNetwork next = wanted_;
  bool first = true;
  for (std::size_t i = 0, position = 0; i < state->cards.size(); ++i) {
    const NetworkCard& member = state->cards[i];
    if (!member.bond_mode.empty()) continue;
    const auto settings_then = when_new(position++);
    if (member.bond != name) continue;
    if (!first) others.push_back(settings_then);
    next.cards[member.name] =
        first && next.cards.contains(name) ? next.cards[name] : WantedNetwork::Card{false, settings_then};
    if (first) move_gateways(next, name, member.name);
    first = false;
  }
  if (auto done = perform(plan_split(*state, *bond, others)); !done) return done;
  renewals_.erase(name);
  for (const auto& member : state->cards) {
    if (member.bond == name && next.cards[member.name].dhcp) renew_soon(member.name);
  }
  next.cards.erase(name);
  std::erase_if(next.routes, [&](const HostRoute& route) { return route.card == name; });
  std::erase_if(next.bonds, [&](const BondSettings& other) { return other.name == name; });
  return remember_tied(std::move(next));
}

}  // namespace watchrig::platform
