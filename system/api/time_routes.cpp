#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/time/local_time.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

Response show_time(ServerParts& parts, const Request& request) {
  auto at = parts.clock.now();
  if (const auto asked = request.query_value("at")) {
    const auto parsed = base::parse_utc(*asked);
    if (!parsed) return http::error_response(parsed.error(), "at");
    at = *parsed;
  }
  const auto local = central::LocalTime::from(parts.settings.values("time").values);
  if (!local) return error_response(local.error());
  return http::json_response(
      200,
      json::object{{"utc", base::format_utc(at)},
                   {"local", local->text(at)},
                   {"zone", local->zone()},
                   {"daylight", local->is_daylight(at)},
                   {"offset_minutes", std::chrono::floor<std::chrono::minutes>(local->offset(at)).count()}});
}

}  // namespace

void add_time_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/time", {signed_in},
                   "The time of the server, or another (at=UTC), as the settings have it shown",
                   [&parts](const Request& request) { return show_time(parts, request); });
  router.add_plain("GET", "/api/v1/time/zones", {signed_in}, "Names of the zones that can be set",
                   [](const Request&) {
                     return http::json_response(200, {{"zones", json::value_from(central::zone_names())}});
                   });
}

}  // namespace watchrig::api
