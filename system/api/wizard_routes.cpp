#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr const char* section = "wizard";
constexpr std::size_t most_requests = 16;

/// A step (IVSS 5.2), and below which paths the requests must be that it is made of.
struct Step {
  const char* name;
  std::array<std::string_view, 3> paths;
};
constexpr Step steps[] = {
    {"time", {"/api/v1/settings/time", "/api/v1/settings/ntp", "/api/v1/time"}},
    {"network", {"/api/v1/network"}},
    {"registration", {"/api/v1/settings/p2p", "/api/v1/settings/registration", "/api/v1/settings/ddns"}}};

bool belongs(const Step& step, std::string_view path) {
  return std::ranges::any_of(step.paths, [&](std::string_view own) {
    return !own.empty() && path.starts_with(own) && (path.size() == own.size() || path[own.size()] == '/');
  });
}

Response show(ServerParts& parts) {
  const auto values = parts.central.settings().values(section).values;
  const bool finished = values.at("finished").as_bool();
  json::array list;
  json::value next;
  for (const Step& step : steps) {
    json::array paths;
    for (const auto path : step.paths) {
      if (!path.empty()) paths.emplace_back(path);
    }
    const auto& state = values.at(step.name);
    if (next.is_null() && !finished && state == "open") next = step.name;
    list.push_back({{"name", step.name}, {"state", state}, {"paths", std::move(paths)}});
  }
  return http::json_response(
      200, json::object{{"finished", finished}, {"next", std::move(next)}, {"steps", std::move(list)}});
}

Response conflict(const std::string& message) {
  return http::error_response(409, "conflict", "step", message);
}

/// Why a step cannot be taken now.
std::optional<Response> refusal(ServerParts& parts, const std::string& name) {
  const auto* step = std::ranges::find_if(steps, [&](const Step& one) { return name == one.name; });
  if (step == std::end(steps))
    return http::error_response(404, "not_found", "step", fmt::format("the wizard has no step \"{}\"", name));
  const auto values = parts.central.settings().values(section).values;
  if (values.at("finished").as_bool()) return conflict("the wizard is finished; use the settings themselves");
  const auto* open = std::ranges::find_if(
      std::begin(steps), step, [&](const Step& earlier) { return values.at(earlier.name) == "open"; });
  if (open == step) return std::nullopt;
  return conflict(fmt::format("step \"{}\" comes first: save or skip it", open->name));
}

/// A request as if the client had sent it by itself.
central::FieldResult<Request> part_of(const Request& whole, const Step& step, const json::value& wanted,
                                      std::size_t index) {
  const auto prefix = fmt::format("requests.{}.", index);
  if (!wanted.is_object()) {
    return central::FieldError{fmt::format("requests.{}", index),
                               {base::ErrorKind::invalid, "a request must be an object"}};
  }
  FieldReader fields(wanted.as_object(), prefix);
  Request part = whole;
  part.method = fields.text("method");
  part.path = fields.text("path");
  part.body = json::serialize(fields.object("body"));
  fields.no_others();
  if (fields.error()) return *fields.error();
  part.params.clear();
  part.query.clear();
  part.told.reset();
  for (const char* of_the_whole : {"if-match", "if-none-match", "idempotency-key"})
    part.headers.erase(of_the_whole);
  if (!belongs(step, part.path)) {
    return central::FieldError{
        prefix + "path",
        {base::ErrorKind::invalid, fmt::format("{} is not of the step \"{}\"", part.path, step.name)}};
  }
  return part;
}

central::FieldResult<std::vector<Request>> parts_of(const Request& request, const Step& step, bool& skip) {
  BodyFields fields(request);
  skip = fields.flag("skip", false);
  const auto* list = fields.member("requests");
  fields.no_others();
  const bool right = skip ? !list : list && list->is_array() && !list->get_array().empty();
  if (!right) fields.refuse("requests", "either requests or skip is needed");
  if (right && list && list->get_array().size() > most_requests)
    fields.refuse("requests", fmt::format("at most {} requests make a step", most_requests));
  if (fields.error()) return *fields.error();
  std::vector<Request> requests;
  if (skip) return requests;
  for (const auto& wanted : list->get_array()) {
    auto part = part_of(request, step, wanted, requests.size());
    if (!part) return part.error();
    requests.push_back(std::move(*part));
  }
  return requests;
}

Response mark(ServerParts& parts, const Request& request, const json::object& values, std::string message) {
  const auto changed = parts.central.settings().change(section, values);
  if (!changed) return error_response(changed.error());
  tell(parts, request, "wizard.changed", std::move(message));
  return show(parts);
}

/// All requests of a step in their order, by their own routes, rights and entries in the log. What is refused
/// ends it, and the step stays open; what was done before stays done.
asio::awaitable<Response> take_step(const http::Router& router, ServerParts& parts, Request request) {
  const auto name = request.param("step");
  if (auto refused = refusal(parts, name)) co_return *std::move(refused);
  const auto* step = std::ranges::find_if(steps, [&](const Step& one) { return name == one.name; });
  bool skip = false;
  const auto requests = parts_of(request, *step, skip);
  if (!requests) co_return error_response(requests.error());
  for (Request part : *requests) {
    auto found = router.match(part, false);
    if (auto* refused = std::get_if<Response>(&found)) co_return std::move(*refused);
    const http::Handler& handler = std::get<const http::Route*>(found)->handler;
    Response answer = co_await handler(part);
    if (answer.status >= 300) co_return answer;
  }
  const std::string state = skip ? "skipped" : "saved";
  co_return mark(parts, request, {{name, state}},
                 fmt::format("step \"{}\" of the wizard was {} by \"{}\"", name, state, request.account));
}

Response finish(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto values = parts.central.settings().values(section).values;
  if (values.at("finished").as_bool()) return conflict("the wizard is finished already");
  json::object last{{"finished", true}};
  for (const Step& step : steps) {
    if (values.at(step.name) == "open") last[step.name] = "skipped";
  }
  return mark(parts, request, last, fmt::format("the wizard was finished by \"{}\"", request.account));
}

}  // namespace

void add_wizard_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/wizard", {"system"},
                   "How far the set-up of this server is: its steps, which were saved or skipped, the next",
                   [&parts](const Request&) { return show(parts); });
  router.add("PUT", "/api/v1/wizard/steps/{step}", {"system"},
             "Next: saves a step by requests (method, path, body) that belong to it, or skips it (skip)",
             [&router, &parts](const Request& request) { return take_step(router, parts, request); });
  router.add_plain("POST", "/api/v1/wizard/finish", {"system"},
                   "Finish: ends the wizard; steps that are still open were skipped",
                   [&parts](const Request& request) { return finish(parts, request); });
}

}  // namespace watchrig::api
