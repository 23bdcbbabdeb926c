#include "system/platform/host_network/network_commands.hpp"

#include <fmt/format.h>

namespace watchrig::platform {

namespace {

constexpr unsigned first_metric = 100;
constexpr unsigned later_metric = 200;

std::string text_of(const CardAddress& address) {
  return fmt::format("{}/{}", format_ipv4(address.address), address.prefix);
}

CommandLine route_words(const char* verb, const HostRoute& route) {
  CommandLine words{"ip", "-4", "route", verb};
  words.push_back(route.is_default() ? "default" : text_of({route.destination, route.prefix}));
  if (route.gateway) words.insert(words.end(), {"via", format_ipv4(*route.gateway)});
  words.insert(words.end(), {"dev", route.card});
  if (route.metric != 0) words.insert(words.end(), {"metric", std::to_string(route.metric)});
  return words;
}

CommandLine link_words(const std::string& card, CommandLine change) {
  CommandLine words{"ip", "link", "set", "dev", card};
  words.insert(words.end(), change.begin(), change.end());
  return words;
}

CommandLine address_words(const char* verb, const std::string& card, const CardAddress& address,
                          std::optional<unsigned> lease_s = {}) {
  CommandLine words{"ip", "-4", "address", verb, text_of(address), "dev", card};
  if (std::string_view(verb) == "add" && address.prefix < 31) words.insert(words.end(), {"broadcast", "+"});
  if (lease_s) {
    words.insert(words.end(),
                 {"valid_lft", std::to_string(*lease_s), "preferred_lft", std::to_string(*lease_s)});
  }
  return words;
}

/// The routes of a card, those over a gateway last, because they need the others.
std::vector<HostRoute> routes_of(const HostNetworkState& state, const std::string& card) {
  std::vector<HostRoute> routes;
  for (const bool by_gateway : {false, true}) {
    for (const auto& route : state.routes) {
      if (route.card == card && route.gateway.has_value() == by_gateway) routes.push_back(route);
    }
  }
  return routes;
}

void strip_routes(CommandPlan& plan, const std::vector<HostRoute>& routes) {
  for (auto route = routes.rbegin(); route != routes.rend(); ++route)
    plan.push_back({route_words("del", *route), route_words("replace", *route)});
}

void add_route(CommandPlan& plan, const HostRoute& route) {
  plan.push_back({route_words("replace", route), route_words("del", route)});
}

void strip_addresses(CommandPlan& plan, const NetworkCard& card) {
  for (const auto& address : card.addresses) {
    plan.push_back({address_words("del", card.name, address),
                    address_words("add", card.name, address, card.lease_left_s)});
  }
}

void set_up(CommandPlan& plan, const NetworkCard& card, bool is_up) {
  if (is_up) return;
  plan.push_back({link_words(card.name, {"up"}), link_words(card.name, {"down"})});
}

void set_down(CommandPlan& plan, const NetworkCard& card) {
  if (!card.enabled) return;
  plan.push_back({link_words(card.name, {"down"}), link_words(card.name, {"up"})});
}

HostRoute default_route(const HostNetworkState& state, const std::string& card, unsigned index,
                        Ipv4 gateway) {
  const auto before = state.default_card();
  const bool first = before.empty() || before == card;
  return {0, 0, gateway, card, first ? first_metric : later_metric + index};
}

}  // namespace

CommandPlan plan_card(const HostNetworkState& state, const NetworkCard& card, const CardSettings& wanted) {
  CommandPlan plan;
  const auto routes = routes_of(state, card.name);
  strip_routes(plan, routes);
  const bool keeps = !wanted.lease_s && !card.leased && wanted.address && card.addresses.size() == 1 &&
                     card.addresses.front() == *wanted.address;
  if (!keeps) strip_addresses(plan, card);
  bool is_up = card.enabled;
  if (wanted.mtu != card.mtu) {
    set_down(plan, card);
    is_up = false;
    plan.push_back({link_words(card.name, {"mtu", std::to_string(wanted.mtu)}),
                    link_words(card.name, {"mtu", std::to_string(card.mtu)})});
  }
  set_up(plan, card, is_up);
  if (wanted.address && !keeps) {
    plan.push_back({address_words("add", card.name, *wanted.address, wanted.lease_s),
                    address_words("del", card.name, *wanted.address)});
  }
  for (const auto& route : routes) {
    if (!route.is_default()) add_route(plan, route);
  }
  if (wanted.gateway) add_route(plan, default_route(state, card.name, card.index, *wanted.gateway));
  return plan;
}

CommandPlan plan_default_card(const HostNetworkState& state, const NetworkCard& card) {
  CommandPlan plan;
  const HostRoute* wanted = state.gateway_of(card.name);
  if (!wanted) return plan;
  for (const auto& route : state.routes) {
    if (!route.is_default()) continue;
    const NetworkCard* owner = state.find(route.card);
    HostRoute moved = route;
    moved.metric = route.card == card.name ? first_metric : later_metric + (owner ? owner->index : 0);
    if (moved == route) continue;
    plan.push_back({route_words("del", route), route_words("replace", route)});
    add_route(plan, moved);
  }
  return plan;
}

CommandPlan plan_add_route(const HostRoute& route) {
  return {{route_words("add", route), route_words("del", route)}};
}

CommandPlan plan_remove_route(const HostRoute& route) {
  return {{route_words("del", route), route_words("add", route)}};
}

CommandPlan plan_tie(const std::string& card, Ipv4 gateway, const MacAddress& mac) {
  return {{{"ip", "-4", "neigh", "replace", format_ipv4(gateway), "lladdr", to_string(mac), "dev", card,
            "nud", "permanent"},
           {}}};
}

CommandPlan plan_untie(const std::string& card, Ipv4 gateway) {
  return {{{"ip", "-4", "neigh", "del", format_ipv4(gateway), "dev", card}, {}}};
}

CommandPlan plan_bond(const HostNetworkState& state, const BondSettings& bond) {
  CommandPlan plan;
  for (const auto& name : bond.members) {
    const NetworkCard& member = *state.find(name);
    strip_routes(plan, routes_of(state, name));
    strip_addresses(plan, member);
    set_down(plan, member);  // the kernel takes no member that is up
  }
  plan.push_back(
      {{"ip", "link", "add", "name", bond.name, "type", "bond", "mode", bond.mode, "miimon", "100"},
       {"ip", "link", "del", "dev", bond.name}});
  for (const auto& name : bond.members) {
    plan.push_back({link_words(name, {"master", bond.name}), link_words(name, {"nomaster"})});
  }
  plan.push_back({link_words(bond.name, {"up"}), link_words(bond.name, {"down"})});
  const NetworkCard& first = *state.find(bond.members.front());
  for (const auto& address : first.addresses) {
    plan.push_back({address_words("add", bond.name, address, first.lease_left_s),
                    address_words("del", bond.name, address)});
  }
  if (const HostRoute* gateway = state.gateway_of(first.name))
    add_route(plan, {0, 0, gateway->gateway, bond.name, gateway->metric});
  return plan;
}

CommandPlan plan_split(const HostNetworkState& state, const NetworkCard& bond,
                       const std::vector<CardSettings>& others) {
  CommandPlan plan;
  strip_routes(plan, routes_of(state, bond.name));
  strip_addresses(plan, bond);
  std::size_t at = 0;
  for (const auto& member : state.cards) {
    if (member.bond != bond.name) continue;
    plan.push_back({link_words(member.name, {"nomaster"}), link_words(member.name, {"master", bond.name})});
    plan.push_back({link_words(member.name, {"up"}), link_words(member.name, {"down"})});
    const bool first = at == 0;
    std::vector<CardAddress> addresses;
    if (first) addresses = bond.addresses;
    if (!first && at - 1 < others.size() && others[at - 1].address) addresses = {*others[at - 1].address};
    for (const auto& address : addresses) {
      plan.push_back(
          {address_words("add", member.name, address, first ? bond.lease_left_s : std::optional<unsigned>()),
           address_words("del", member.name, address)});
    }
    const HostRoute* gateway = first ? state.gateway_of(bond.name) : nullptr;
    if (gateway) add_route(plan, {0, 0, gateway->gateway, member.name, gateway->metric});
    ++at;
  }
  // Last, since only this one cannot be taken back.
  plan.push_back({{"ip", "link", "del", "dev", bond.name}, {}});
  return plan;
}

}  // namespace watchrig::platform
