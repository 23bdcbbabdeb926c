#include "system/platform/host_network/network_card.hpp"

#include <algorithm>
#include <cctype>

namespace watchrig::platform {

namespace {

constexpr std::size_t longest_name = 15;  // IFNAMSIZ less the end

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

const NetworkCard* HostNetworkState::find(std::string_view name) const {
  const auto found = std::ranges::find(cards, name, &NetworkCard::name);
  return found == cards.end() ? nullptr : &*found;
}

const HostRoute* HostNetworkState::gateway_of(std::string_view card) const {
  const auto found = std::ranges::find_if(
      routes, [&](const HostRoute& route) { return route.is_default() && route.card == card; });
  return found == routes.end() ? nullptr : &*found;
}

std::string HostNetworkState::default_card() const {
  const HostRoute* best = nullptr;
  for (const HostRoute& route : routes) {
    if (route.is_default() && (!best || route.metric < best->metric)) best = &route;
  }
  return best ? best->card : std::string();
}

bool is_card_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && is_letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace watchrig::platform
