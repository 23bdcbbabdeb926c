#include <algorithm>

#include <fmt/format.h>

#include "system/platform/host_network/host_network.hpp"

namespace watchrig::platform {

using base::ErrorKind;
using base::Result;

NetworkResult<Ipv4> HostNetwork::gateway_of(const HostNetworkState& state, const std::string& card) const {
  if (!state.find(card))
    return NetworkRefusal{{}, {ErrorKind::not_found, fmt::format("there is no card \"{}\"", card)}};
  const HostRoute* route = state.gateway_of(card);
  if (!route || !route->gateway) {
    return NetworkRefusal{
        {}, {ErrorKind::conflict, fmt::format("card \"{}\" has no gateway: set one first", card)}};
  }
  return *route->gateway;
}

NetworkResult<> HostNetwork::tie_gateway(const std::string& card, const MacAddress& mac) {
  const std::lock_guard lock(mutex_);
  if (auto may = refuse_changes(); !may) return may;
  const auto state = read();
  if (!state) return NetworkRefusal{{}, state.error()};
  const auto gateway = gateway_of(*state, card);
  if (!gateway) return gateway.error();
  const auto own = std::ranges::find(state->cards, to_string(mac), &NetworkCard::mac);
  if (own != state->cards.end()) {
    return NetworkRefusal{
        "mac", {ErrorKind::invalid, fmt::format("is that of this machine's own card \"{}\"", own->name)}};
  }
  if (auto done = carry_out(plan_tie(card, *gateway, mac), options_.run, prefix_); !done)
    return NetworkRefusal{{}, done.error()};
  WantedNetwork next = wanted_;
  next.gateways[*gateway] = mac;
  return remember(std::move(next));
}

NetworkResult<> HostNetwork::untie_gateway(const std::string& card) {
  const std::lock_guard lock(mutex_);
  if (auto may = refuse_changes(); !may) return may;
  const auto state = read();
  if (!state) return NetworkRefusal{{}, state.error()};
  const auto gateway = gateway_of(*state, card);
  if (!gateway) return gateway.error();
  if (!wanted_.gateways.contains(*gateway)) {
    return NetworkRefusal{
        {}, {ErrorKind::not_found, fmt::format("the gateway of card \"{}\" is not tied", card)}};
  }
  if (auto done = carry_out(plan_untie(card, *gateway), options_.run, prefix_); !done)
    return NetworkRefusal{{}, done.error()};
  WantedNetwork next = wanted_;
  next.gateways.erase(*gateway);
  return remember(std::move(next));
}

Result<> HostNetwork::tie_gateways() {
  if (wanted_.gateways.empty()) return {};
  const auto state = read();
  if (!state) return state.error();
  for (const auto& route : state->routes) {
    if (!route.is_default() || !route.gateway) continue;
    const auto wanted = wanted_.gateways.find(*route.gateway);
    if (wanted == wanted_.gateways.end()) continue;
    auto done = carry_out(plan_tie(route.card, wanted->first, wanted->second), options_.run, prefix_);
    if (!done)
      return base::Error(done.error())
          .within(fmt::format("gateway {} of card \"{}\"", format_ipv4(wanted->first), route.card));
  }
  return {};
}

void HostNetwork::forget_gateway(const HostNetworkState& before, const std::string& card,
                                 std::optional<Ipv4> now, WantedNetwork& next) {
  const HostRoute* route = before.gateway_of(card);
  if (!route || !route->gateway || route->gateway == now || !next.gateways.contains(*route->gateway)) return;
  const bool elsewhere = std::ranges::any_of(before.routes, [&](const HostRoute& other) {
    return other.is_default() && other.card != card && other.gateway == route->gateway;
  });
  if (elsewhere) return;
  // An entry that is gone with the card's link is no loss.
  (void)carry_out(plan_untie(card, *route->gateway), options_.run, prefix_);
  next.gateways.erase(*route->gateway);
}

}  // namespace watchrig::platform
