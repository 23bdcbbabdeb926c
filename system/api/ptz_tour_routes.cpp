// Tours of presets, "cruises" of the manuals (IVSS 7.1.3.3.2, platform manual 1.1.15).
#include <algorithm>
#include <cmath>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/ptz_numbers.hpp"
#include "system/api/ptz_requests.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::ErrorKind;
using central::FieldError;
using central::PtzKind;
using devices::PtzHead;
using devices::PtzPreset;
using devices::PtzTour;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t longest_name = 63, most_points = 128;
constexpr std::int64_t shortest_stay = 1, longest_stay = 3600;

/// What a camera has, by numbers.
struct Known {
  std::map<unsigned, PtzPreset> presets;
  std::map<unsigned, PtzTour> tours;
};

asio::awaitable<base::Result<Known>> known_of(ServerParts& parts, std::string channel) {
  PtzDesk::Work<std::vector<PtzPreset>> presets = [](PtzHead& head) { return head.presets(); };
  const auto places = co_await parts.ptz.ask<std::vector<PtzPreset>>(channel, presets);
  if (!places) co_return places.error();
  PtzDesk::Work<std::vector<PtzTour>> tours = [](PtzHead& head) { return head.tours(); };
  const auto rounds = co_await parts.ptz.ask<std::vector<PtzTour>>(channel, tours);
  if (!rounds) co_return rounds.error();
  const auto& book = parts.central.ptz_book();
  co_return Known{numbered(*places, book.entries(channel, PtzKind::preset)),
                  numbered(*rounds, book.entries(channel, PtzKind::tour))};
}

json::object tour_json(unsigned number, const PtzTour& tour, const Known& known) {
  json::array points;
  for (const auto& spot : tour.spots) {
    const auto preset =
        std::ranges::find(known.presets, spot.preset, [](const auto& entry) { return entry.second.token; });
    points.push_back(
        {{"preset", preset == known.presets.end() ? json::value() : json::value(preset->first)},
         {"speed", std::max(slowest_ptz, static_cast<int>(std::lround(spot.speed * fastest_ptz)))},
         {"stay_seconds", std::chrono::round<std::chrono::seconds>(spot.stay).count()}});
  }
  return {{"number", number}, {"name", tour.name}, {"running", tour.running}, {"points", std::move(points)}};
}

asio::awaitable<Response> list(ServerParts& parts, Request request) {
  const auto channel = request.param("channel");
  const auto known = co_await known_of(parts, channel);
  if (!known) co_return ptz_refusal(known.error());
  json::array all;
  for (const auto& [number, tour] : known->tours) all.push_back(tour_json(number, tour, *known));
  co_return http::json_response(200, json::object{{"tours", std::move(all)}});
}

/// A tour as a body has it, its spots with numbers of presets in place of their tokens.
central::FieldResult<PtzTour> tour_from(const Request& request) {
  BodyFields fields(request);
  PtzTour tour;
  tour.name = fields.text("name", "");
  if (tour.name.size() > longest_name || !central::is_printable(tour.name))
    fields.refuse("name", "must have at most 63 bytes that can be printed");
  const auto* points = fields.member("points");
  fields.no_others();
  if (!points || !points->is_array() || points->as_array().size() > most_points)
    fields.refuse("points", "must be a list of at most 128");
  if (fields.error()) return *fields.error();
  for (const auto& point : points->as_array()) {
    const std::string place = fmt::format("points.{}", tour.spots.size());
    if (!point.is_object()) return FieldError{place, {ErrorKind::invalid, place + " must be an object"}};
    FieldReader of_point(point.as_object(), place + ".");
    devices::PtzTourSpot spot;
    spot.preset = std::to_string(of_point.number("preset", 1, central::PtzBook::most));
    spot.speed = read_ptz_speed(of_point);
    spot.stay = std::chrono::seconds(of_point.number("stay_seconds", shortest_stay, longest_stay));
    of_point.no_others();
    if (of_point.error()) return *of_point.error();
    tour.spots.push_back(std::move(spot));
  }
  return tour;
}

/// Puts tokens in place of the numbers.
std::optional<FieldError> find_presets(PtzTour& tour, const Known& known) {
  for (std::size_t i = 0; i < tour.spots.size(); ++i) {
    const auto preset = known.presets.find(*base::parse_number<unsigned>(tour.spots[i].preset));
    if (preset == known.presets.end()) {
      return FieldError{
          fmt::format("points.{}.preset", i),
          {ErrorKind::not_found, fmt::format("the camera has no preset {}", tour.spots[i].preset)}};
    }
    tour.spots[i].preset = preset->second.token;
  }
  return std::nullopt;
}

asio::awaitable<Response> save(ServerParts& parts, Request request) {
  const auto number = ptz_number_of(request, "tour");
  if (!number) co_return error_response(number.error());
  const auto read = tour_from(request);
  if (!read) co_return error_response(read.error());
  PtzTour tour = *read;
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto channel = request.param("channel");
  const auto known = co_await known_of(parts, channel);
  if (!known) co_return ptz_refusal(known.error());
  if (const auto wrong = find_presets(tour, *known)) co_return error_response(*wrong);
  if (const auto old = known->tours.find(*number); old != known->tours.end()) tour.token = old->second.token;
  PtzDesk::Work<std::string> work = [tour](PtzHead& head) { return head.set_tour(tour); };
  const auto order = ptz_order(request, "set-tour");
  const auto token = co_await parts.ptz.command<std::string>(order, work, PtzMovement::stays);
  if (!token) co_return ptz_refusal(token.error());
  const auto kept = parts.central.ptz_book().put(channel, PtzKind::tour, *number, *token);
  if (!kept) co_return http::error_response(kept.error());
  co_return http::json_response(200, tour_json(*number, tour, *known));
}

asio::awaitable<base::Result<std::string>> token_of(ServerParts& parts, std::string channel,
                                                    unsigned number) {
  const auto known = co_await known_of(parts, channel);
  if (!known) co_return known.error();
  const auto found = known->tours.find(number);
  if (found == known->tours.end())
    co_return base::Error{ErrorKind::not_found, fmt::format("the camera has no tour {}", number)};
  co_return found->second.token;
}

asio::awaitable<Response> remove(ServerParts& parts, Request request) {
  const auto number = ptz_number_of(request, "tour");
  if (!number) co_return error_response(number.error());
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto channel = request.param("channel");
  const auto token = co_await token_of(parts, channel, *number);
  if (!token) co_return ptz_refusal(token.error());
  PtzDesk::Work<void> work = [token = *token](PtzHead& head) { return head.remove_tour(token); };
  const auto order = ptz_order(request, "remove-tour");
  const auto done = co_await parts.ptz.command<void>(order, work, PtzMovement::stays);
  if (!done) co_return ptz_refusal(done.error());
  co_return ptz_response(parts.central.ptz_book().remove(channel, PtzKind::tour, *number));
}

asio::awaitable<Response> run(ServerParts& parts, Request request) {
  const auto number = ptz_number_of(request, "tour");
  if (!number) co_return error_response(number.error());
  BodyFields fields(request);
  fields.require("running");
  const bool run = fields.flag("running", false);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto channel = request.param("channel");
  const auto token = co_await token_of(parts, channel, *number);
  if (!token) co_return ptz_refusal(token.error());
  PtzDesk::Work<void> work = [token = *token, run](PtzHead& head) { return head.run_tour(token, run); };
  const auto order = ptz_order(request, "run-tour");
  const auto done = co_await parts.ptz.command<void>(order, work, PtzMovement::replaced);
  co_return ptz_response(done);
}

}  // namespace

void add_ptz_tour_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"ptz"};
  const std::string path = "/api/v1/channels/{channel}/ptz/tours";
  const auto add = [&](const char* method, const std::string& end, const char* summary,
                       asio::awaitable<Response> (*work)(ServerParts&, Request)) {
    router.add(method, path + end, guard, summary,
               [&parts, work](Request request) { return work(parts, std::move(request)); });
  };
  add("GET", "", "The camera's tours, by number", list);
  add("PUT", "/{tour}",
      "Makes a tour, 1 to 128: points with preset, speed (1 to 8) and stay_seconds, in their order; none: "
      "empty",
      save);
  add("DELETE", "/{tour}", "Removes a tour", remove);
  add("PUT", "/{tour}/state", "Starts a tour, or ends it", run);
}

}  // namespace watchrig::api
