#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
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
  const auto local = central::LocalTime::from(parts.central.settings().values("time").values);
  if (!local) return error_response(local.error());
  return http::json_response(
      200, json::object{
               {"utc", base::format_utc(at)},
               {"local", local->text(at)},
               {"zone", local->zone()},
               {"daylight", local->is_daylight(at)},
               {"ahead_seconds", std::chrono::duration<double>(parts.central.server_clock().lead()).count()},
               {"offset_minutes", std::chrono::floor<std::chrono::minutes>(local->offset(at)).count()}});
}

/// What a client wants it to be now: `utc`, or `local` as the wall clock shows it.
central::FieldResult<base::UtcTime> wanted_time(ServerParts& parts, const std::string& utc,
                                                const std::string& local) {
  const auto refuse = [](std::string field, std::string message) {
    return central::FieldError{std::move(field), {base::ErrorKind::invalid, std::move(message)}};
  };
  if (utc.empty() == local.empty()) return refuse("utc", "either utc or local is needed");
  const auto parsed = base::parse_utc(utc.empty() ? local + "Z" : utc);
  if (!parsed) return central::FieldError{utc.empty() ? "local" : "utc", parsed.error()};
  if (!utc.empty()) return *parsed;
  const auto shown = central::LocalTime::from(parts.central.settings().values("time").values);
  if (!shown) return shown.error();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*parsed);
  const auto instants = shown->instants(central::WallTime(seconds.time_since_epoch()));
  if (instants.empty()) return refuse("local", "this time is left out when the clock is put forward");
  if (instants.size() > 1)
    return refuse("local", "this time comes twice when the clock is put back; give utc");
  return instants.front();
}

Response set_time(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto utc = fields.text("utc", "");
  const auto local = fields.text("local", "");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto time = wanted_time(parts, utc, local);
  if (!time) return error_response(time.error());
  const auto before = parts.clock.now();
  if (const auto set = parts.central.server_clock().set(*time); !set)
    return http::error_response(set.error(), set.error().kind == base::ErrorKind::invalid ? "utc" : "");
  tell_change(parts, request, "time.changed",
              fmt::format("the time was set from {} to {} by \"{}\"", base::format_utc(before),
                          base::format_utc(*time), request.account),
              {}, {{"utc", base::format_utc(before)}}, {{"utc", base::format_utc(*time)}});
  return show_time(parts, request);
}

/// What the NTP server says, or that it says nothing, is an answer, not an error of the request.
boost::asio::awaitable<Response> synchronise(ServerParts& parts) {
  const auto asked = co_await parts.central.time_sync().synchronise();
  if (!asked) co_return error_response(asked.error());
  co_return http::json_response(200, parts.central.time_sync().status());
}

}  // namespace

void add_time_routes(http::Router& router, ServerParts& parts) {
  router
      .add_plain("GET", "/api/v1/time", {signed_in},
                 "The time of the server, or another, as the settings have it shown",
                 [&parts](const Request& request) { return show_time(parts, request); })
      .query = {{"at", "UTC"}};
  router.add_plain(
      "PUT", "/api/v1/time", {"system", true},
      "Sets the time of the server, by hand or to that of the client; it never goes back, but runs "
      "at half speed until it is right",
      [&parts](const Request& request) { return set_time(parts, request); });
  router.add_plain(
      "GET", "/api/v1/time/synchronisation", {"system"},
      "How the time of the NTP server of the settings is taken: state, last and next time, offset, delay",
      [&parts](const Request&) { return http::json_response(200, parts.central.time_sync().status()); });
  router.add("POST", "/api/v1/time/synchronisation", {"system", true},
             "Takes the time of the NTP server now, however far off it is, and says what came of it",
             [&parts](const Request&) { return synchronise(parts); });
  router.add_plain("GET", "/api/v1/time/zones", {signed_in}, "Names of the zones that can be set",
                   [](const Request&) {
                     return http::json_response(200, {{"zones", json::value_from(central::zone_names())}});
                   });
}

}  // namespace watchrig::api
