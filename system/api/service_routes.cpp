// The services that can be switched on their own (IVSS 8.6.4), in one list.
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/network_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr const char* ssh = "ssh";

/// One that is a setting; without one the server does not have it yet.
struct Service {
  const char* name;
  const char* section;
  const char* field;
};
constexpr Service services[] = {{"password_reset", "password_reset", "service"},
                                {"onvif", "onvif", "service"},
                                {"mobile_push", nullptr, nullptr},
                                {"cgi", nullptr, nullptr}};

/// As where its settings are changed themselves.
bool needs_administrator(const ServerParts& parts, std::string_view section) {
  return std::ranges::any_of(parts.central.settings().sections(),
                             [&](const auto& one) { return one.name == section && one.for_administrators; });
}

json::object to_json(const ServerParts& parts, const Service& service) {
  const bool exists = service.section != nullptr;
  return {{"name", service.name},
          {"exists", exists},
          {"enabled", exists && parts.central.settings().flag(service.section, service.field)}};
}

json::object to_json(const platform::HostNetwork::Ssh& state) {
  return {{"name", ssh}, {"exists", state.changeable}, {"enabled", state.wanted}, {"running", state.running}};
}

Response list(ServerParts& parts, const Request&) {
  json::array all{to_json(parts.host_network.ssh())};
  for (const Service& service : services) all.push_back(to_json(parts, service));
  return http::json_response(200, json::object{{"services", std::move(all)}});
}

/// The machine's own: told as a change of its network, done or refused.
Response switch_ssh(ServerParts& parts, const Request& request, bool on) {
  const bool before = parts.host_network.ssh().wanted;
  const auto done = parts.host_network.set_ssh(on);
  const auto what = fmt::format("SSH switched {} by {}", on ? "on" : "off", request.account);
  if (!done) {
    const auto& error = done.error().error;
    tell(parts, request, "network.refused", fmt::format("{} was refused: {}", what, error.message));
    return network_error(done.error());
  }
  tell_change(parts, request, "network.changed", what, {{"service", ssh}}, {{"enabled", before}},
              {{"enabled", on}});
  return http::json_response(200, to_json(parts.host_network.ssh()));
}

Response change(ServerParts& parts, const Request& request) {
  const auto name = request.param("service");
  const auto* service = std::ranges::find_if(services, [&](const Service& one) { return name == one.name; });
  if (service == std::end(services) && name != ssh)
    return http::error_response(404, "not_found", {}, fmt::format("there is no service \"{}\"", name));
  BodyFields fields(request);
  const bool enabled = fields.flag("enabled", false);
  fields.require("enabled");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (name == ssh) return switch_ssh(parts, request, enabled);
  if (!service->section) {
    return http::error_response(409, "conflict", "enabled",
                                fmt::format("this server has no service \"{}\" yet, so it stays off", name));
  }
  if (needs_administrator(parts, service->section) &&
      !parts.central.accounts().rights(request.account)->is_everything()) {
    return http::error_response(403, "denied", {}, fmt::format("only administrators switch \"{}\"", name));
  }
  const auto changed = parts.central.settings().change(service->section, {{service->field, enabled}});
  if (!changed) return error_response(changed.error());
  tell_change(
      parts, request, "settings.changed",
      fmt::format("the service {} was switched {} by \"{}\"", name, enabled ? "on" : "off", request.account),
      {{"section", service->section}}, {{service->field, changed->before.values.at(service->field)}},
      {{service->field, enabled}});
  return http::json_response(200, to_json(parts, *service));
}

}  // namespace

void add_service_routes(http::Router& router, ServerParts& parts) {
  // SSH is a service of the operating system, which takes its time.
  router.add("GET", "/api/v1/services", {"security"}, "Services that can be switched, and which are on",
             on_workers(parts, list));
  router.add("PUT", "/api/v1/services/{service}", {"security"}, "Switches a service on or off",
             on_workers(parts, change));
}

}  // namespace watchrig::api
