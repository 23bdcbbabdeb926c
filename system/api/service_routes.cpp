#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// A service that can be switched on its own (IVSS 8.6.4); without a setting the server does not have it yet.
struct Service {
  const char* name;
  const char* section;
  const char* field;
};
constexpr Service services[] = {{"password_reset", "password_reset", "service"},
                                {"mobile_push", nullptr, nullptr},
                                {"cgi", nullptr, nullptr},
                                {"onvif", nullptr, nullptr}};

json::object to_json(const ServerParts& parts, const Service& service) {
  const bool exists = service.section != nullptr;
  return {{"name", service.name},
          {"exists", exists},
          {"enabled", exists && parts.central.settings().flag(service.section, service.field)}};
}

Response list(ServerParts& parts) {
  json::array all;
  for (const Service& service : services) all.push_back(to_json(parts, service));
  return http::json_response(200, json::object{{"services", std::move(all)}});
}

Response change(ServerParts& parts, const Request& request) {
  const auto name = request.param("service");
  const auto* service = std::ranges::find_if(services, [&](const Service& one) { return name == one.name; });
  if (service == std::end(services))
    return http::error_response(404, "not_found", {}, fmt::format("there is no service \"{}\"", name));
  BodyFields fields(request);
  const bool enabled = fields.flag("enabled", false);
  fields.require("enabled");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (!service->section) {
    return http::error_response(409, "conflict", "enabled",
                                fmt::format("this server has no service \"{}\" yet, so it stays off", name));
  }
  const auto changed = parts.central.settings().change(service->section, {{service->field, enabled}});
  if (!changed) return error_response(changed.error());
  return http::json_response(200, to_json(parts, *service));
}

}  // namespace

void add_service_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/services", {"security"}, "Services that can be switched, and which are on",
                   [&parts](const Request&) { return list(parts); });
  router.add_plain("PUT", "/api/v1/services/{service}", {"security"}, "Switches a service on or off",
                   [&parts](const Request& request) { return change(parts, request); });
}

}  // namespace watchrig::api
