#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "system/platform/host_network/host_network.hpp"

namespace watchrig::platform {

using base::ErrorKind;

NetworkResult<> HostNetwork::tie_gateway(const std::string& card, const MacAddress& mac) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  if (!state->find(card))
    return NetworkRefusal{{}, {ErrorKind::not_found, fmt::format("there is no card \"{}\"", card)}};
  const HostRoute* route = state->gateway_of(card);
  if (!route || !route->gateway) {
    return NetworkRefusal{
        {}, {ErrorKind::conflict, fmt::format("card \"{}\" has no gateway: set one first", card)}};
  }
  const auto own = std::ranges::find(state->cards, to_string(mac), &NetworkCard::mac);
  if (own != state->cards.end()) {
    return NetworkRefusal{
        "mac", {ErrorKind::invalid, fmt::format("is that of this machine's own card \"{}\"", own->name)}};
  }
  if (auto done = perform(plan_tie(card, *route->gateway, mac)); !done) return done;
  WantedNetwork next = wanted_;
  next.gateways[{card, *route->gateway}] = mac;
  return remember(std::move(next));
}

NetworkResult<> HostNetwork::untie_gateway(const std::string& card) {
  const std::lock_guard lock(mutex_);
  const auto state = read_to_change();
  if (!state) return state.error();
  WantedNetwork next = wanted_;
  forget_gateways(card, std::nullopt, next);
  if (next == wanted_) {
    return NetworkRefusal{
        {}, {ErrorKind::not_found, fmt::format("the gateway of card \"{}\" is not tied", card)}};
  }
  return remember(std::move(next));
}

std::vector<std::string> HostNetwork::tie_gateways(const WantedNetwork& wanted) const {
  if (wanted.gateways.empty()) return {};
  const auto state = read();
  if (!state) return {state.error().message};
  std::vector<std::string> failures;
  for (const auto& [place, mac] : wanted.gateways) {
    const HostRoute* route = state->gateway_of(place.card);
    if (!route || route->gateway != place.address) continue;
    const auto done = carry_out(plan_tie(place.card, place.address, mac), options_.run, prefix_);
    if (!done) {
      failures.push_back(fmt::format("gateway {} of card \"{}\": {}", format_ipv4(place.address), place.card,
                                     done.error().message));
    }
  }
  return failures;
}

void HostNetwork::forget_gateways(const std::string& card, std::optional<Ipv4> now,
                                  WantedNetwork& next) const {
  std::erase_if(next.gateways, [&](const auto& entry) {
    const GatewayPlace& place = entry.first;
    if (place.card != card || place.address == now) return false;
    // An entry that is gone with the card's link is no loss.
    (void)carry_out(plan_untie(card, place.address), options_.run, prefix_);
    return true;
  });
}

NetworkResult<> HostNetwork::remember_tied(WantedNetwork wanted) {
  const auto failures = tie_gateways(wanted);
  if (auto remembered = remember(std::move(wanted)); !remembered) return remembered;
  if (failures.empty()) return {};
  return NetworkRefusal{{},
                        {ErrorKind::unavailable,
                         fmt::format("the change is made, but not tied: {}", fmt::join(failures, "; "))}};
}

}  // namespace watchrig::platform
