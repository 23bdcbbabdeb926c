#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/audit.hpp"
#include "system/api/gate.hpp"
#include "system/api/network_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;
using platform::HostNetwork;

namespace {

const http::Guard system{"system"};

Response show(ServerParts& parts) {
  const auto view = parts.host_network.view();
  if (!view) return http::error_response(view.error());
  return http::json_response(200, to_json(*view, parts.host_network.read_only()));
}

/// What there is, for the log; empty where it cannot be read.
json::object facts(ServerParts& parts) {
  const auto view = parts.host_network.view();
  return view ? to_json(*view, parts.host_network.read_only()) : json::object();
}

/// Does it, and tells what was done, or why it was refused.
Response perform(ServerParts& parts, const Request& request, const std::string& what,
                 const std::function<platform::NetworkResult<>(HostNetwork&)>& change) {
  const auto before = facts(parts);
  const auto done = change(parts.host_network);
  if (!done) {
    const auto& [field, error] = done.error();
    tell(parts, request, "network.refused",
         fmt::format("{} by {} was refused: {}{}{}", what, request.account, field, field.empty() ? "" : " ",
                     error.message));
    return network_error(done.error());
  }
  tell_change(parts, request, "network.changed", fmt::format("{} by {}", what, request.account), {}, before,
              facts(parts));
  return show(parts);
}

Response set_card(ServerParts& parts, const Request& request) {
  if (const auto reason = parts.host_network.read_only())
    return http::error_response(403, "read_only", {}, *reason);
  const auto name = request.param("card");
  const auto view = parts.host_network.view();
  if (!view) return http::error_response(view.error());
  const auto* now = view->now.find(name);
  const auto wanted = card_from(request, now ? now->mtu : HostNetwork::least_mtu);
  if (!wanted) return error_response(wanted.error());
  if (now && wanted->card.mtu != now->mtu && !wanted->restart_accepted) {
    return http::error_response(
        409, "confirmation_needed", "restart_accepted",
        fmt::format("another MTU restarts card \"{}\", which breaks its connections for a "
                    "moment: send restart_accepted true to go on",
                    name));
  }
  return perform(parts, request, fmt::format("card \"{}\" set", name),
                 [&](HostNetwork& network) { return network.set_card(name, wanted->card); });
}

Response set_default_card(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto name = fields.text("card");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return perform(parts, request, fmt::format("default card \"{}\" chosen", name),
                 [&](HostNetwork& network) { return network.set_default_card(name); });
}

Response bind_gateway(ServerParts& parts, const Request& request) {
  const auto card = request.param("card");
  BodyFields fields(request);
  const auto mac = platform::parse_mac(fields.text("mac"));
  if (!mac) {
    fields.refuse("mac",
                  "must be the address of one network card, such as 52:54:00:aa:0b:01, and not of a group of "
                  "them");
  }
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return perform(parts, request,
                 fmt::format("gateway of card \"{}\" bound to {}", card, platform::to_string(*mac)),
                 [&](HostNetwork& network) { return network.tie_gateway(card, *mac); });
}

Response release_gateway(ServerParts& parts, const Request& request) {
  const auto card = request.param("card");
  return perform(parts, request, fmt::format("gateway of card \"{}\" released", card),
                 [&](HostNetwork& network) { return network.untie_gateway(card); });
}

Response set_name_servers(ServerParts& parts, const Request& request) {
  const auto servers = name_servers_from(request);
  if (!servers) return error_response(servers.error());
  return perform(parts, request, "name servers set",
                 [&](HostNetwork& network) { return network.set_name_servers(*servers); });
}

Response add_route(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto route = route_from(*body);
  if (!route) return error_response(route.error());
  const auto what = fmt::format("route to {}/{} over \"{}\" added", platform::format_ipv4(route->destination),
                                route->prefix, route->card);
  auto answer =
      perform(parts, request, what, [&](HostNetwork& network) { return network.add_route(*route); });
  if (answer.status == 200) answer.status = 201;
  return answer;
}

Response remove_route(ServerParts& parts, const Request& request) {
  const auto route = route_named(request.param("card"), request.param("destination"));
  if (!route) return error_response(route.error());
  return perform(parts, request,
                 fmt::format("route to {} over \"{}\" removed", request.param("destination"), route->card),
                 [&](HostNetwork& network) { return network.remove_route(*route); });
}

Response unconfirmed(std::string_view what) {
  return http::error_response(
      409, "confirmation_needed", "confirmed",
      fmt::format("{} breaks the connections of these cards for a moment: send confirmed true to go on",
                  what));
}

Response bond(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const platform::BondSettings wanted{fields.text("name", "bond0"), fields.text("mode"),
                                      fields.texts("cards")};
  const bool confirmed = fields.flag("confirmed", false);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (!confirmed && !parts.host_network.read_only()) return unconfirmed("bonding");
  auto answer = perform(parts, request, fmt::format("bond \"{}\" made", wanted.name),
                        [&](HostNetwork& network) { return network.bond(wanted); });
  if (answer.status == 200) answer.status = 201;
  return answer;
}

Response split(ServerParts& parts, const Request& request) {
  const auto name = request.param("bond");
  const auto confirmed = request.query_value("confirmed");
  if (confirmed != "true" && !parts.host_network.read_only())
    return unconfirmed("splitting (?confirmed=true)");
  return perform(parts, request, fmt::format("bond \"{}\" split", name),
                 [&](HostNetwork& network) { return network.split(name); });
}

}  // namespace

void add_network_routes(http::Router& router, ServerParts& parts) {
  // The operating system takes its time: programs are run, and DHCP is waited for.
  router.add("GET", "/api/v1/network", system, "The machine's cards, routes and name servers",
             on_workers(parts, [](ServerParts& all, const Request&) { return show(all); }));
  router.add("PUT", "/api/v1/network/cards/{card}", system,
             "Sets a card's address (static or dhcp), gateway and MTU", on_workers(parts, set_card));
  router.add("PUT", "/api/v1/network/default-card", system,
             "Chooses the card whose gateway counts; it must be online", on_workers(parts, set_default_card));
  router.add("PUT", "/api/v1/network/cards/{card}/gateway-binding", system,
             "Binds a card's gateway to the MAC address of its network card, so that nobody takes its place",
             on_workers(parts, bind_gateway));
  router.add("DELETE", "/api/v1/network/cards/{card}/gateway-binding", system,
             "Has the gateway's MAC address learnt again", on_workers(parts, release_gateway));
  router.add("PUT", "/api/v1/network/name-servers", system,
             "Takes name servers from DHCP, or a preferred and an alternate one",
             on_workers(parts, set_name_servers));
  router.add("POST", "/api/v1/network/routes", system, "Adds a static route", on_workers(parts, add_route));
  router.add("DELETE", "/api/v1/network/routes/{card}/{destination}", system,
             "Removes the route of a card to ADDRESS-PREFIX, such as 10.9.0.0-16",
             on_workers(parts, remove_route));
  router.add("POST", "/api/v1/network/bonds", system, "Bonds cards as balance-rr, active-backup or 802.3ad",
             on_workers(parts, bond));
  router
      .add("DELETE", "/api/v1/network/bonds/{bond}", system,
           "Splits a bond; its address stays with the first card", on_workers(parts, split))
      .query = {{"confirmed", "true, since connections end", "boolean"}};
}

}  // namespace watchrig::api
