#include "system/api/place_requests.hpp"
#include "system/api/routes.hpp"
#include "system/central/devices/device_registration.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// Those in the caller's areas. Who was refused is no device yet, and shown to those who look after all.
Response show_registrations(ServerParts& parts, const Request& request) {
  const auto& registration = parts.central.device_registration();
  const auto is_own = own_areas(parts, request);
  json::array registered, refused;
  for (const auto& one : registration.desk().registered()) {
    const auto device = parts.central.registry().find_registered(one.device_id);
    if (!device || !is_own(central::number_of_id((*device)->area, 'a'))) continue;
    registered.push_back({{"device", (*device)->id},
                          {"device_id", one.device_id},
                          {"source", one.source},
                          {"since", base::format_utc(one.since)},
                          {"connections", one.connections}});
  }
  if (!refuse_narrowed(parts, request)) {
    for (const auto& one : registration.desk().refused()) {
      refused.push_back({{"device_id", one.device_id},
                         {"source", one.source},
                         {"time", base::format_utc(one.time)},
                         {"reason", one.reason},
                         {"attempts", one.attempts}});
    }
  }
  return http::json_response(200, json::object{{"listens_on", registration.listens_on()},
                                               {"registered", std::move(registered)},
                                               {"refused", std::move(refused)}});
}

}  // namespace

void add_device_registration_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/device-registrations", http::Guard{"devices"},
                   "Devices that have registered, which nobody can connect to, and those that were refused, "
                   "with the reason; where they register (empty: nowhere)",
                   [&parts](const Request& request) { return show_registrations(parts, request); });
}

}  // namespace watchrig::api
