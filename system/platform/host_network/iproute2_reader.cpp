#include "system/platform/host_network/iproute2_reader.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/platform/neighbour_table.hpp"

namespace watchrig::platform {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::int64_t for_ever = 4'294'967'295;  // iproute2's lifetime of an address without an end

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view name, std::int64_t fallback) {
  const auto* value = object.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : fallback;
}

const json::object* object_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

bool has_word(const json::object& object, std::string_view name, std::string_view word) {
  const auto* words = object.if_contains(name);
  const auto* list = words ? words->if_array() : nullptr;
  return list && std::any_of(list->begin(), list->end(), [&](const json::value& value) {
           return value.is_string() && std::string_view(value.get_string()) == word;
         });
}

Result<json::array> parse_list(std::string_view text, std::string_view what) {
  json::error_code failure;
  const auto value = json::parse(base::trim(text).empty() ? "[]" : text, failure);
  if (failure || !value.is_array())
    return Error{ErrorKind::corrupt, fmt::format("{} does not print a JSON list", what)};
  return value.get_array();
}

void read_addresses(const json::object& link, NetworkCard& card) {
  const auto* list = link.if_contains("addr_info");
  if (!list || !list->is_array()) return;
  for (const auto& value : list->get_array()) {
    const auto* info = value.if_object();
    if (!info || text_of(*info, "family") != "inet") continue;
    const auto address = parse_ipv4(text_of(*info, "local"));
    const auto prefix = number_of(*info, "prefixlen", 32);
    if (!address || prefix < 0 || prefix > 32) continue;
    card.addresses.push_back({*address, static_cast<unsigned>(prefix)});
    const auto left = number_of(*info, "valid_life_time", for_ever);
    if (left < 0 || left >= for_ever) continue;
    card.leased = true;
    card.lease_left_s = static_cast<unsigned>(left);
  }
}

std::optional<NetworkCard> card_of(const json::object& link) {
  NetworkCard card;
  card.name = text_of(link, "ifname");
  if (text_of(link, "link_type") != "ether" || !is_card_name(card.name)) return std::nullopt;
  if (const auto* info = object_of(link, "linkinfo")) {
    const auto kind = text_of(*info, "info_kind");
    if (!kind.empty() && kind != "veth" && kind != "bond" && kind != "dummy") return std::nullopt;
    if (const auto* data = kind == "bond" ? object_of(*info, "info_data") : nullptr)
      card.bond_mode = text_of(*data, "mode");
    if (text_of(*info, "info_slave_kind") == "bond") card.bond = text_of(link, "master");
  }
  card.index = static_cast<unsigned>(number_of(link, "ifindex", 0));
  card.mac = text_of(link, "address");
  card.enabled = has_word(link, "flags", "UP");
  card.online = card.enabled && has_word(link, "flags", "LOWER_UP");
  card.mtu = static_cast<unsigned>(number_of(link, "mtu", 0));
  read_addresses(link, card);
  return card;
}

std::optional<HostRoute> route_of(const json::object& entry) {
  if (text_of(entry, "protocol") == "kernel") return std::nullopt;
  HostRoute route;
  const auto destination = text_of(entry, "dst");
  if (destination != "default") {
    const auto [address, prefix] = base::split_once(destination, '/');
    const auto parsed = parse_ipv4(address);
    const auto length = prefix.empty() ? std::optional(32u) : base::parse_number<unsigned>(prefix);
    if (!parsed || !length || *length > 32) return std::nullopt;
    route.destination = *parsed;
    route.prefix = *length;
  }
  route.gateway = parse_ipv4(text_of(entry, "gateway"));
  route.card = text_of(entry, "dev");
  route.metric = static_cast<unsigned>(number_of(entry, "metric", 0));
  if (!is_card_name(route.card)) return std::nullopt;
  return route;
}

/// Lines such as `/sys/class/net/eth0/speed:1000`; a card without a link has none, or -1.
void read_speeds(std::string_view text, std::vector<NetworkCard>& cards) {
  for (const auto line : base::split(text, '\n')) {
    const auto [path, number] = base::split_once(line, ':');
    const auto parts = base::split(path, '/');
    const auto speed = base::parse_number<unsigned>(base::trim(number));
    if (parts.size() < 2 || !speed) continue;
    for (auto& card : cards) {
      if (card.name == parts[parts.size() - 2]) card.speed_mbps = *speed;
    }
  }
}

Result<std::string> output_of(const CommandRunner& run, CommandLine command, CommandLine words) {
  command.insert(command.end(), words.begin(), words.end());
  const auto done = run(command);
  if (!done) return done.error();
  if (done->status != 0) {
    return Error{ErrorKind::unavailable, fmt::format("{}: exit code {}: {}", to_string(command), done->status,
                                                     base::trim(done->errors))};
  }
  return done->output;
}

}  // namespace

Result<HostNetworkState> parse_iproute2(std::string_view addresses, std::string_view routes,
                                        std::string_view speeds) {
  HostNetworkState state;
  const auto links = parse_list(addresses, "ip address");
  if (!links) return links.error();
  for (const auto& link : *links) {
    if (auto card = link.is_object() ? card_of(link.get_object()) : std::nullopt) {
      state.cards.push_back(*std::move(card));
    }
  }
  std::ranges::sort(state.cards, {}, &NetworkCard::index);
  const auto entries = parse_list(routes, "ip route");
  if (!entries) return entries.error();
  for (const auto& entry : *entries) {
    if (auto route = entry.is_object() ? route_of(entry.get_object()) : std::nullopt) {
      state.routes.push_back(*std::move(route));
    }
  }
  read_speeds(speeds, state.cards);
  return state;
}

Result<std::map<std::string, GatewayNeighbour>> read_gateways(const HostNetworkState& state,
                                                              const CommandRunner& run,
                                                              const CommandLine& prefix) {
  const auto printed = output_of(run, prefix, {"ip", "-4", "-j", "neigh", "show"});
  if (!printed) return printed.error();
  const auto entries = parse_list(*printed, "ip neigh");
  if (!entries) return entries.error();
  std::map<std::string, GatewayNeighbour> gateways;
  for (const auto& value : *entries) {
    const auto* entry = value.if_object();
    const auto card = entry ? text_of(*entry, "dev") : std::string();
    const HostRoute* route = state.gateway_of(card);
    const auto mac = entry ? parse_mac(text_of(*entry, "lladdr")) : std::nullopt;
    if (!route || !mac || parse_ipv4(text_of(*entry, "dst")) != route->gateway) continue;
    gateways[card] = {to_string(*mac), has_word(*entry, "state", "PERMANENT")};
  }
  return gateways;
}

Result<HostNetworkState> read_by_iproute2(const CommandRunner& run, const CommandLine& prefix) {
  const auto addresses = output_of(run, prefix, {"ip", "-j", "-d", "address", "show"});
  if (!addresses) return addresses.error();
  const auto routes = output_of(run, prefix, {"ip", "-4", "-j", "route", "show", "table", "main"});
  if (!routes) return routes.error();
  auto state = parse_iproute2(*addresses, *routes, {});
  if (!state) return state;
  CommandLine speeds = prefix;
  speeds.insert(speeds.end(), {"grep", "-s", "-H", "."});
  for (const auto& card : state->cards) speeds.push_back(fmt::format("/sys/class/net/{}/speed", card.name));
  // Its exit code says only that some card has no speed.
  if (const auto printed = run(speeds)) read_speeds(printed->output, state->cards);
  return state;
}

}  // namespace watchrig::platform
