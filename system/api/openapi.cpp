#include <cctype>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/etag.hpp"
#include "system/api/gate.hpp"
#include "system/api/program_version.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"

namespace watchrig::embedded {
extern const std::string_view description_accounts_json;
extern const std::string_view description_adding_json;
extern const std::string_view description_channels_json;
extern const std::string_view description_common_json;
extern const std::string_view description_device_details_json;
extern const std::string_view description_devices_json;
extern const std::string_view description_discovery_json;
extern const std::string_view description_encoders_json;
extern const std::string_view description_logs_json;
extern const std::string_view description_maintenance_json;
extern const std::string_view description_network_json;
extern const std::string_view description_places_json;
extern const std::string_view description_ptz_json;
extern const std::string_view description_recordings_json;
extern const std::string_view description_security_json;
extern const std::string_view description_setup_json;
extern const std::string_view description_sign_in_json;
extern const std::string_view description_system_json;
}  // namespace watchrig::embedded

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

/// JSON of that schema, or what `{"media": …}` says it is instead: one type or a list of them.
json::object content_of(const json::value& schema) {
  const auto* media = schema.as_object().if_contains("media");
  if (!media) return {{"application/json", {{"schema", schema}}}};
  json::object content;
  const json::object bytes{{"schema", {{"type", "string"}, {"format", "binary"}}}};
  for (const auto& type : media->is_array() ? media->get_array() : json::array{*media})
    content[type.as_string()] = bytes;
  return content;
}

/// `status` is the name of an answer, "200".
std::string_view meaning_of(std::string_view status, const json::value& schema) {
  if (status.starts_with('4')) return "Refused";
  return schema.is_null() ? "Done; nothing to tell" : "Done";
}

/// Adds what the files of `description` say of bodies and answers.
void describe(json::object& operation, const json::object& route) {
  json::object& responses = operation["responses"].as_object();
  for (const auto& [part, schema] : route) {
    if (part == "body") {
      operation["requestBody"] = json::object{{"required", true}, {"content", content_of(schema)}};
      continue;
    }
    json::object response{{"description", meaning_of(part, schema)}};
    if (!schema.is_null()) response["content"] = content_of(schema);
    responses[part] = std::move(response);
  }
}

json::object header_parameter(std::string_view name, std::string_view meaning) {
  return {{"name", name},
          {"in", "header"},
          {"required", false},
          {"description", meaning},
          {"schema", {{"type", "string"}}}};
}

/// What everything takes that shows or changes something (keep_versions, once_for_each_key).
void add_headers(json::array& parameters, const http::Route& route) {
  if (route.guard.right == everybody) return;
  const auto& method = route.method;
  if (method == "GET" && has_version(route))
    parameters.push_back(header_parameter("If-None-Match", "an ETag: an answer that still has it is a 304"));
  if (method != "GET" && has_version(route))
    parameters.push_back(header_parameter("If-Match", "the ETag of what shall be changed; else 412"));
  if (method == "POST" || method == "PATCH") {
    parameters.push_back(
        header_parameter("Idempotency-Key", "1 to 255 characters: asked again, it gets the first answer"));
  }
}

json::object operation(const http::Route& route, const json::value* description) {
  json::object object{
      {"summary", route.summary},
      {"responses",
       {{"default",
         {{"description", "Refused, with the field that is wrong where there is one"},
          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}}}}}};
  auto parameters = path_parameters(route.pattern);
  for (const auto& parameter : route.query) {
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"required", false},
                          {"description", parameter.meaning},
                          {"schema", {{"type", parameter.type}}}});
  }
  add_headers(parameters, route);
  if (!parameters.empty()) object["parameters"] = std::move(parameters);
  if (description) describe(object, description->as_object());
  if (description && route.method == "GET" && has_version(route))
    object["responses"].as_object()["304"] = json::object{{"description", "It is as If-None-Match knows it"}};
  object["x-right"] = route.guard.right;
  if (route.guard.confirmed) object["x-confirmed"] = true;
  if (route.guard.right == everybody) object["security"] = json::array();
  return object;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct Descriptions {
  json::object schemas;
  json::object routes;  ///< by method and pattern
};

Descriptions read_descriptions() {
  Descriptions all;
  for (const auto text : {embedded::description_common_json, embedded::description_accounts_json,
                          embedded::description_adding_json, embedded::description_channels_json,
                          embedded::description_device_details_json, embedded::description_devices_json,
                          embedded::description_discovery_json, embedded::description_encoders_json,
                          embedded::description_logs_json, embedded::description_maintenance_json,
                          embedded::description_network_json, embedded::description_places_json,
                          embedded::description_ptz_json, embedded::description_recordings_json,
                          embedded::description_security_json, embedded::description_setup_json,
                          embedded::description_sign_in_json, embedded::description_system_json}) {
    const json::object file = json::parse(text).as_object();
    for (const auto& [name, schema] : file.at("schemas").as_object()) {
      if (!all.schemas.emplace(name, schema).second)
        throw std::logic_error(
            fmt::format("system/api/description has two schemas {}", std::string_view(name)));
    }
    for (const auto& [name, route] : file.at("routes").as_object()) all.routes.emplace(name, route);
  }
  return all;
}

}  // namespace

void add_openapi_route(http::Router& router) {
  // Added before it is made, so that it describes itself too.
  const auto text = std::make_shared<std::string>();
  router.add_plain("GET", "/api/v1/openapi.json", {everybody}, "This description",
                   [text](const http::Request&) {
                     http::Response response;
                     response.body = *text;
                     return response;
                   });
  const auto [schemas, described] = read_descriptions();
  json::object paths;
  for (const auto& route : router.routes()) {
    json::value& item = paths[route.pattern];
    if (!item.is_object()) item.emplace_object();
    json::object& operations = item.as_object();
    const std::string name = fmt::format("{} {}", route.method, route.pattern);
    // OpenAPI has no WebSocket; where a path is only that, its GET describes the upgrade.
    if (route.socket) {
      operations["x-websocket"] = json::object{{"summary", route.summary}, {"x-right", route.guard.right}};
      if (!operations.contains("get")) operations["get"] = operation(route, nullptr);
    } else {
      operations[lower(route.method)] = operation(route, described.if_contains(name));
    }
  }
  *text = json::serialize(json::object{
      {"openapi", "3.0.3"},
      {"info", {{"title", "Watchrig VMS"}, {"version", program_version()}}},
      {"components",
       {{"schemas", schemas}, {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}}},
      {"security", json::array{json::object{{"token", json::array()}}}},
      {"paths", std::move(paths)}});
}

}  // namespace watchrig::api
