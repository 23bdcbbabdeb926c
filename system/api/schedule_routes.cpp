#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/schedules/schedules.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Schedule;
using http::Request;
using http::Response;

namespace {

json::object to_json(const Schedule& schedule) {
  json::array periods;
  for (const auto& period : schedule.periods) periods.push_back(central::to_json(period));
  return {{"id", schedule.id},
          {"name", schedule.name},
          {"always", schedule.always},
          {"fixed", schedule.id == central::Schedules::default_id},
          {"periods", std::move(periods)}};
}

void tell_schedule(ServerParts& parts, const Request& request, std::string_view what,
                   const Schedule& schedule, const json::object& before, const json::object& after) {
  tell_change(parts, request, fmt::format("schedule.{}", what),
              fmt::format("schedule \"{}\" was {} by \"{}\"", schedule.name, what, request.account),
              {{"schedule", schedule.id}}, before, after);
}

central::FieldResult<Schedule> schedule_of(const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return central::FieldError{{}, body.error()};
  FieldReader fields(*body);
  Schedule schedule;
  schedule.name = fields.text("name");
  schedule.always = fields.flag("always", false);
  const auto* periods = fields.member("periods");
  if (periods && !periods->is_array()) fields.refuse("periods", "must be a list");
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (!periods) return schedule;
  for (std::size_t i = 0; i < periods->get_array().size(); ++i) {
    const auto period = central::week_period_from(periods->get_array()[i], fmt::format("periods.{}", i));
    if (!period) return period.error();
    schedule.periods.push_back(*period);
  }
  return schedule;
}

Response add(ServerParts& parts, const Request& request) {
  auto schedule = schedule_of(request);
  if (!schedule) return error_response(schedule.error());
  const auto added = parts.central.schedules().add(std::move(*schedule));
  if (!added) return error_response(added.error());
  tell_schedule(parts, request, "added", *added, {}, to_json(*added));
  return http::json_response(201, to_json(*added));
}

Response store(ServerParts& parts, const Request& request, const Schedule& schedule) {
  const auto before = parts.central.schedules().find(schedule.id);
  const auto changed = parts.central.schedules().change(schedule);
  if (!changed) return error_response(changed.error());
  tell_schedule(parts, request, "changed", *changed, before ? to_json(*before) : json::object(),
                to_json(*changed));
  return http::json_response(200, to_json(*changed));
}

Response change(ServerParts& parts, const Request& request) {
  auto schedule = schedule_of(request);
  if (!schedule) return error_response(schedule.error());
  schedule->id = request.param("schedule");
  return store(parts, request, *schedule);
}

Response clear(ServerParts& parts, const Request& request) {
  auto schedule = parts.central.schedules().find(request.param("schedule"));
  if (!schedule) return http::error_response(schedule.error());
  schedule->periods.clear();
  return store(parts, request, *schedule);
}

Response remove(ServerParts& parts, const Request& request) {
  const auto schedule = parts.central.schedules().find(request.param("schedule"));
  if (!schedule) return http::error_response(schedule.error());
  if (const auto removed = parts.central.schedules().remove(schedule->id); !removed)
    return http::error_response(removed.error());
  tell_schedule(parts, request, "removed", *schedule, to_json(*schedule), {});
  return http::no_content();
}

Response show_effect(ServerParts& parts, const Request& request) {
  const auto schedule = parts.central.schedules().find(request.param("schedule"));
  if (!schedule) return http::error_response(schedule.error());
  auto at = parts.clock.now();
  if (const auto asked = request.query_value("at")) {
    const auto parsed = base::parse_utc(*asked);
    if (!parsed) return http::error_response(parsed.error(), "at");
    at = *parsed;
  }
  const auto local = central::LocalTime::from(parts.central.settings().values("time").values);
  if (!local) return error_response(local.error());
  return http::json_response(
      200, json::object{{"utc", base::format_utc(at)},
                        {"local", local->text(at)},
                        {"effective", parts.central.schedules().effective(schedule->id, *local, at)}});
}

}  // namespace

void add_schedule_routes(http::Router& router, ServerParts& parts) {
  const auto plain = [&](const char* method, const char* pattern, const char* right, const char* summary,
                         Response (*answer)(ServerParts&, const Request&)) {
    return &router.add_plain(method, pattern, {right}, summary,
                             [&parts, answer](const Request& request) { return answer(parts, request); });
  };
  plain("GET", "/api/v1/schedules", signed_in, "All schedules, the default first",
        [](ServerParts& p, const Request&) {
          json::array list;
          for (const auto& schedule : p.central.schedules().all()) list.push_back(to_json(schedule));
          return http::json_response(200, {{"schedules", std::move(list)}});
        });
  plain("POST", "/api/v1/schedules", "system", "Adds a schedule: always in effect, or in up to 50 periods",
        add);
  plain("GET", "/api/v1/schedules/{schedule}", signed_in, "One schedule",
        [](ServerParts& p, const Request& request) {
          const auto schedule = p.central.schedules().find(request.param("schedule"));
          return schedule ? http::json_response(200, to_json(*schedule))
                          : http::error_response(schedule.error());
        });
  plain("PUT", "/api/v1/schedules/{schedule}", "system",
        "Changes a schedule; periods that overlap are joined", change);
  plain("DELETE", "/api/v1/schedules/{schedule}", "system", "Removes a schedule that nothing uses", remove);
  plain("DELETE", "/api/v1/schedules/{schedule}/periods", "system", "Clears the periods of a schedule",
        clear);
  plain("GET", "/api/v1/schedules/{schedule}/effect", signed_in,
        "Whether a schedule is in effect now, or at another time", show_effect)
      ->query = {{"at", "UTC"}};
}

}  // namespace watchrig::api
