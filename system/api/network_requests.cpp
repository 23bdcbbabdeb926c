#include "system/api/network_requests.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::FieldError;
using central::FieldResult;
using platform::HostNetwork;
using platform::Ipv4;

namespace {

FieldError refuse(const std::string& field, std::string_view message) {
  return {field, {ErrorKind::invalid, fmt::format("{} {}", field, message)}};
}

/// Nothing for a text that is missing or empty.
std::optional<Ipv4> address_of(FieldReader& fields, const std::string& name, bool needed) {
  const auto text = needed ? fields.text(name) : fields.text(name, "");
  if (text.empty() && !needed) return std::nullopt;
  const auto address = platform::parse_ipv4(text);
  if (!address) fields.refuse(name, "must be an IPv4 address such as 192.168.1.108");
  return address;
}

unsigned prefix_of(FieldReader& fields) {
  const auto mask = address_of(fields, "mask", true);
  const auto prefix = mask ? platform::prefix_of_mask(*mask) : std::nullopt;
  if (!prefix) fields.refuse("mask", "must be a subnet mask such as 255.255.255.0");
  return prefix.value_or(0);
}

json::value text_or_null(const std::optional<Ipv4>& address) {
  return address ? json::value(platform::format_ipv4(*address)) : json::value();
}

json::array members_of(const platform::HostNetworkState& state, const std::string& bond) {
  json::array members;
  for (const auto& card : state.cards) {
    if (card.bond == bond) members.emplace_back(card.name);
  }
  return members;
}

json::object card_to_json(const HostNetwork::View& view, const platform::NetworkCard& card) {
  json::object object{{"name", card.name},
                      {"mac", card.mac},
                      {"online", card.online},
                      {"enabled", card.enabled},
                      {"mtu", card.mtu},
                      {"method", card.leased ? "dhcp" : "static"},
                      {"default", view.now.default_card() == card.name}};
  object["speed_mbps"] = card.speed_mbps ? json::value(*card.speed_mbps) : json::value();
  object["address"] = nullptr;
  object["mask"] = nullptr;
  if (!card.addresses.empty()) {
    object["address"] = platform::format_ipv4(card.addresses.front().address);
    object["mask"] = platform::format_ipv4(platform::mask_of_prefix(card.addresses.front().prefix));
  }
  const auto* gateway = view.now.gateway_of(card.name);
  object["gateway"] = text_or_null(gateway ? gateway->gateway : std::nullopt);
  const auto neighbour = view.gateways.find(card.name);
  const bool seen = neighbour != view.gateways.end();
  object["gateway_mac"] = seen ? json::value(neighbour->second.mac) : json::value();
  object["gateway_bound"] = seen && neighbour->second.tied;
  if (const auto wanted = view.wanted.cards.find(card.name); wanted != view.wanted.cards.end())
    object["method"] = wanted->second.dhcp ? "dhcp" : "static";
  if (!card.bond.empty()) object["bond"] = card.bond;
  if (!card.bond_mode.empty()) {
    object["mode"] = card.bond_mode;
    object["cards"] = members_of(view.now, card.name);
  }
  return object;
}

}  // namespace

FieldResult<CardRequest> card_from(const http::Request& request, unsigned mtu_now) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return FieldError{{}, body.error()};
  FieldReader fields(*body);
  CardRequest wanted;
  const auto method = fields.text("method");
  if (method != "static" && method != "dhcp") fields.refuse("method", "must be static or dhcp");
  wanted.card.dhcp = method == "dhcp";
  if (!wanted.card.dhcp) {
    const auto address = address_of(fields, "address", true);
    wanted.card.address = platform::CardAddress{address.value_or(0), prefix_of(fields)};
    wanted.card.gateway = address_of(fields, "gateway", false);
  }
  const auto mtu = fields.number("mtu", mtu_now);
  if (mtu < HostNetwork::least_mtu || mtu > HostNetwork::most_mtu) {
    fields.refuse(
        "mtu", fmt::format("must be a number from {} to {}", HostNetwork::least_mtu, HostNetwork::most_mtu));
  }
  wanted.card.mtu = static_cast<unsigned>(mtu);
  wanted.restart_accepted = fields.flag("restart_accepted", false);
  fields.no_others();
  if (fields.error()) return *fields.error();
  return wanted;
}

FieldResult<platform::NameServers> name_servers_from(const http::Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return FieldError{{}, body.error()};
  FieldReader fields(*body);
  platform::NameServers servers;
  servers.automatic = fields.flag("automatic", false);
  if (!servers.automatic) {
    servers.preferred = address_of(fields, "preferred", true);
    servers.alternate = address_of(fields, "alternate", false);
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return servers;
}

FieldResult<platform::HostRoute> route_from(const json::object& body) {
  FieldReader fields(body);
  platform::HostRoute route;
  route.destination = address_of(fields, "destination", true).value_or(0);
  route.prefix = prefix_of(fields);
  route.gateway = address_of(fields, "gateway", true);
  route.card = fields.text("card");
  fields.no_others();
  if (fields.error()) return *fields.error();
  return route;
}

FieldResult<platform::HostRoute> route_named(const std::string& card, const std::string& destination) {
  const auto [address, prefix] = base::split_once(destination, '-');
  const auto parsed = platform::parse_ipv4(address);
  const auto length = base::parse_number<unsigned>(prefix);
  if (!parsed || !length || *length > 32) return refuse("destination", "must be such as 10.9.0.0-16");
  return platform::HostRoute{*parsed, *length, std::nullopt, card, 0};
}

json::object to_json(const HostNetwork::View& view, const std::optional<std::string>& read_only) {
  json::array cards;
  for (const auto& card : view.now.cards) cards.push_back(card_to_json(view, card));
  json::array routes;
  for (const auto& route : view.now.routes) {
    if (route.is_default()) continue;
    routes.push_back({{"destination", platform::format_ipv4(route.destination)},
                      {"mask", platform::format_ipv4(platform::mask_of_prefix(route.prefix))},
                      {"gateway", text_or_null(route.gateway)},
                      {"card", route.card}});
  }
  json::array in_use;
  for (const auto& server : view.name_servers) in_use.emplace_back(server);
  const auto& servers = view.wanted.name_servers;
  json::object object{{"cards", std::move(cards)},
                      {"routes", std::move(routes)},
                      {"default_card", view.now.default_card()},
                      {"name_servers",
                       {{"automatic", servers.automatic},
                        {"preferred", text_or_null(servers.preferred)},
                        {"alternate", text_or_null(servers.alternate)},
                        {"in_use", std::move(in_use)}}},
                      {"changeable", !read_only}};
  if (!view.resolver_failure.empty())
    object["name_servers"].as_object()["warning"] = "not written: " + view.resolver_failure;
  if (read_only) object["reason"] = *read_only;
  return object;
}

http::Response network_error(const platform::NetworkRefusal& refusal) {
  const auto& [field, error] = refusal;
  // Not a matter of rights: nobody may.
  if (error.kind == ErrorKind::denied) return http::error_response(403, "read_only", field, error.message);
  if (field.empty()) return http::error_response(error);
  return http::error_response(base::Error{error.kind, fmt::format("{} {}", field, error.message)}, field);
}

}  // namespace watchrig::api
