// Turning cameras: movements by hand (IVSS 7.1.3, platform manual 1.1.14).
#include <algorithm>
#include <cmath>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/ptz_requests.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using devices::PtzAbilities;
using devices::PtzHead;
using devices::PtzStatus;
using devices::PtzVector;
using http::Request;
using http::Response;

namespace {

/// How long a movement may go on unless it is renewed.
constexpr std::int64_t shortest_ms = 100, longest_ms = 5000, usual_ms = 1000;

json::object abilities_json(const PtzAbilities& can) {
  const auto auxiliaries = json::array(can.auxiliaries.begin(), can.auxiliaries.end());
  json::object object;
  for (const auto& [name, ability] : {std::pair{"continuous", can.continuous},
                                      {"absolute", can.absolute},
                                      {"relative", can.relative},
                                      {"zoom", can.zoom},
                                      {"positioning", can.positioning},
                                      {"home", can.home},
                                      {"presets", can.presets},
                                      {"tours", can.tours},
                                      {"focus", can.focus},
                                      {"iris", can.iris}})
    object[name] = devices::to_string(ability);
  if (can.most_presets >= 0) object["most_presets"] = can.most_presets;
  if (can.most_tours >= 0) object["most_tours"] = can.most_tours;
  object["auxiliaries"] = auxiliaries;
  return object;
}

json::object status_json(const PtzStatus& status) {
  json::object object;
  for (const auto& [name, value] : {std::pair{"pan", status.position.pan},
                                    {"tilt", status.position.tilt},
                                    {"zoom", status.position.zoom},
                                    {"view_degrees", status.view_degrees}}) {
    if (value) object[name] = *value;
  }
  if (status.moving) object["moving"] = *status.moving;
  return object;
}

asio::awaitable<Response> show(ServerParts& parts, Request request) {
  const auto channel = request.param("channel");
  PtzDesk::Work<PtzAbilities> what = [](PtzHead& head) { return head.abilities(); };
  const auto can = co_await parts.ptz.ask<PtzAbilities>(channel, what);
  if (!can) co_return ptz_refusal(can.error());
  json::object object{{"abilities", abilities_json(*can)},
                      {"speeds", {{"min", slowest_ptz}, {"max", fastest_ptz}}}};
  PtzDesk::Work<PtzStatus> where = [](PtzHead& head) { return head.status(); };
  const auto status = co_await parts.ptz.ask<PtzStatus>(channel, where);
  object["status"] = status ? status_json(*status) : json::object();
  if (const auto holder = parts.central.ptz_claims().holder(channel)) {
    object["operator"] = {{"account", holder->who.account}, {"until", base::format_utc(holder->until)}};
  }
  co_return http::json_response(200, std::move(object));
}

PtzVector times(PtzVector vector, double factor) {
  for (auto* part : {&vector.pan, &vector.tilt, &vector.zoom, &vector.focus, &vector.iris}) {
    if (*part) **part *= factor;
  }
  return vector;
}

asio::awaitable<Response> move(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto direction = read_ptz_direction(fields);
  const auto speed = read_ptz_speed(fields);
  const auto life = fields.number("for_ms", usual_ms);
  if (life < shortest_ms || life > longest_ms) fields.refuse("for_ms", "must be 100 to 5000");
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto order = ptz_order(request, "move");
  const auto done = co_await parts.ptz.move(order, times(direction, speed), std::chrono::milliseconds(life));
  co_return ptz_response(done);
}

/// By anybody who may turn it: somebody who sees that it must not move on has no time for ranks. Who steers
/// keeps it.
asio::awaitable<Response> stop(ServerParts& parts, Request request) {
  const auto order = ptz_order(request, "stop");
  const auto done = co_await parts.ptz.stop(order);
  co_return ptz_response(done);
}

/// A step is a part of what is seen, where the head knows of that, so that it leads as far on the picture at
/// every zoom.
asio::awaitable<Response> step(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto direction = read_ptz_direction(fields);
  const auto speed = read_ptz_speed(fields);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  constexpr double largest_part = 0.5, largest_way = 0.08;
  PtzDesk::Work<void> work = [direction, speed](PtzHead& head) -> PtzHead::Answer<> {
    const auto can = co_await head.abilities();
    if (!can) co_return can.error();
    if (!direction.pan || can->positioning != devices::Ability::yes)
      co_return co_await head.step(times(direction, speed * largest_way), 1);
    const auto part = speed * largest_part;
    co_return co_await head.centre({*direction.pan * part, *direction.tilt * part, 1});
  };
  auto done = co_await command_ptz(parts, request, "step", work, PtzMovement::replaced);
  co_return done;
}

asio::awaitable<Response> go(ServerParts& parts, Request request) {
  BodyFields fields(request);
  PtzVector target;
  for (const auto& [name, part] :
       {std::pair{"pan", &target.pan}, {"tilt", &target.tilt}, {"zoom", &target.zoom}}) {
    const double least = part == &target.zoom ? 0 : -1;
    const auto value = fields.real(name, 0);
    if (!fields.body().contains(name)) continue;
    if (!(value >= least && value <= 1)) fields.refuse(name, fmt::format("must be {} to 1", least));
    *part = value;
  }
  const auto speed = read_ptz_speed(fields);
  fields.no_others();
  if (!target.pan && !target.tilt && !target.zoom) fields.refuse("pan", "pan, tilt or zoom is needed");
  if (fields.error()) co_return error_response(*fields.error());
  PtzDesk::Work<void> work = [target, speed](PtzHead& head) { return head.go(target, speed); };
  auto done = co_await command_ptz(parts, request, "go", work, PtzMovement::replaced);
  co_return done;
}

/// A point of the picture, from its left upper corner, or an area around it.
asio::awaitable<Response> centre(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto part = [&](const char* name, double fallback, double least) {
    const auto value = fields.real(name, fallback);
    if (!(value >= least && value <= 1)) fields.refuse(name, fmt::format("must be {} to 1", least));
    return value;
  };
  fields.require("x");
  fields.require("y");
  const double x = part("x", 0.5, 0), y = part("y", 0.5, 0);
  const double width = part("width", 1, 0.01), height = part("height", 1, 0.01);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const devices::PtzView view{2 * x - 1, 1 - 2 * y, 1 / std::max(width, height)};
  PtzDesk::Work<void> work = [view](PtzHead& head) { return head.centre(view); };
  auto done = co_await command_ptz(parts, request, "centre", work, PtzMovement::replaced);
  co_return done;
}

asio::awaitable<Response> take(ServerParts& parts, Request request) {
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  co_return http::no_content();
}

asio::awaitable<Response> release(ServerParts& parts, Request request) {
  const auto channel = request.param("channel");
  if (!parts.central.ptz_claims().release(channel, request.account))
    co_return http::error_response({base::ErrorKind::conflict, "this camera is not yours"});
  tell_channel(parts, request, "ptz.released",
               fmt::format("is not steered by \"{}\" any more", request.account));
  const auto order = ptz_order(request, "stop");
  const auto done = co_await parts.ptz.stop(order);
  co_return ptz_response(done);
}

}  // namespace

void add_ptz_routes(http::Router& router, ServerParts& parts) {
  // Not logged one by one: who begins to steer is.
  const http::Guard steering{"ptz", false, false}, guard{"ptz"};
  const std::string path = "/api/v1/channels/{channel}/ptz";
  const auto add = [&](const char* method, const std::string& end, const http::Guard& asked,
                       const char* summary, asio::awaitable<Response> (*work)(ServerParts&, Request)) {
    router.add(method, path + end, asked, summary,
               [&parts, work](Request request) { return work(parts, std::move(request)); });
  };
  add("GET", "", guard, "What a camera's head can do (yes, no, unknown), where it points, and who steers it",
      show);
  add("POST", "/move", steering,
      "Moves the head until for_ms is over, unless it is renewed; speed 1 to 8 (the fastest)", move);
  add("POST", "/stop", steering, "Ends every movement, by whomever", stop);
  add("POST", "/step", steering, "Moves the head by a step, the larger the speed", step);
  add("POST", "/position", steering, "Leads the head to a position: pan and tilt -1 to 1, zoom 0 to 1", go);
  add("POST", "/centre", steering,
      "Leads the head to a point of the picture (x, y from its left upper corner, 0 to 1), or zooms to the "
      "area of width and height around it",
      centre);
  add("PUT", "/operator", steering, "Takes the camera, from those of lower rank too", take);
  add("DELETE", "/operator", steering, "Lets others steer the camera", release);
}

}  // namespace watchrig::api
