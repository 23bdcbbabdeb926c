#include <cctype>

#include <boost/json/array.hpp>

#include "system/api/gate.hpp"
#include "system/api/program_version.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;

namespace {

json::array path_parameters(std::string_view pattern) {
  json::array parameters;
  for (const auto part : base::split(pattern, '/')) {
    if (!part.starts_with('{')) continue;
    parameters.push_back({{"name", part.substr(1, part.size() - 2)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

json::object operation(const http::Route& route) {
  json::object object{
      {"summary", route.summary},
      {"responses", {{"default", {{"description", "JSON, or an error with code, field and message"}}}}}};
  auto parameters = path_parameters(route.pattern);
  for (const auto& parameter : route.query) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", false},
                          {"description", parameter.meaning},
                          {"schema", {{"type", parameter.type}}}});
  }
  if (!parameters.empty()) object["parameters"] = std::move(parameters);
  object["x-right"] = route.guard.right;
  if (route.guard.confirmed) object["x-confirmed"] = true;
  if (route.guard.right == everybody) object["security"] = json::array();
  return object;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

void add_openapi_route(http::Router& router) {
  json::object paths;
  for (const auto& route : router.routes()) {
    json::value& item = paths[route.pattern];
    if (!item.is_object()) item.emplace_object();
    json::object& operations = item.as_object();
    // OpenAPI has no WebSocket; where a path is only that, its GET describes the upgrade.
    if (route.socket) {
      operations["x-websocket"] = json::object{{"summary", route.summary}, {"x-right", route.guard.right}};
      if (!operations.contains("get")) operations["get"] = operation(route);
    } else {
      operations[lower(route.method)] = operation(route);
    }
  }
  const json::object document{
      {"openapi", "3.0.3"},
      {"info", {{"title", "Watchrig VMS"}, {"version", program_version()}}},
      {"components", {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", json::array{json::object{{"token", json::array()}}}},
      {"paths", std::move(paths)}};
  router.add_plain("GET", "/api/v1/openapi.json", {everybody}, "This description",
                   [document](const http::Request&) { return http::json_response(200, document); });
}

}  // namespace watchrig::api
