#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::SettingField;
using central::Settings;
using central::SettingSection;
using http::Request;
using http::Response;

namespace {

constexpr const char* if_match = "If-Match";

std::string_view type_of(const SettingField& field) {
  switch (field.kind) {
    case SettingField::Kind::flag:
      return "boolean";
    case SettingField::Kind::number:
      return "integer";
    case SettingField::Kind::texts:
      return "array";
    case SettingField::Kind::text:
    case SettingField::Kind::choice:
      break;
  }
  return "string";
}

/// As JSON schema (draft of OpenAPI 3.0).
json::object describe(const SettingField& field) {
  json::object schema{{"type", type_of(field)}, {"description", field.meaning}};
  if (field.secret) {
    schema["writeOnly"] = true;
  } else {
    schema["default"] = field.fallback;
  }
  if (field.kind == SettingField::Kind::number) {
    schema["minimum"] = field.least;
    schema["maximum"] = field.most;
  }
  if (field.kind == SettingField::Kind::text) schema["maxLength"] = field.most;
  if (field.kind == SettingField::Kind::choice) schema["enum"] = json::value_from(field.choices);
  if (field.kind == SettingField::Kind::texts) {
    schema["maxItems"] = field.most;
    schema["items"] = {{"type", "string"}};
  }
  return schema;
}

Response list_settings(ServerParts& parts) {
  json::array list;
  for (const auto& section : parts.central.settings().sections()) {
    const auto values = parts.central.settings().values(section.name);
    json::object fields;
    for (const auto& field : section.fields) fields[field.name] = describe(field);
    list.push_back({{"name", section.name},
                    {"description", section.meaning},
                    {"values", Settings::shown(section, values.values)},
                    {"properties", std::move(fields)}});
  }
  return http::json_response(200, json::object{{"sections", std::move(list)}});
}

Response show(const SettingSection& section, const Settings::Values& values) {
  auto response = http::json_response(200, Settings::shown(section, values.values));
  response.headers.emplace_back("ETag", fmt::format("\"{}\"", values.revision));
  return response;
}

const SettingSection* find_section(const ServerParts& parts, std::string_view name) {
  for (const auto& section : parts.central.settings().sections()) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

Response no_section(const std::string& name) {
  return http::error_response(404, "not_found", {}, fmt::format("there are no settings \"{}\"", name));
}

/// The revision that If-Match names; nothing for any.
central::FieldResult<std::optional<std::int64_t>> revision_of(const Request& request) {
  const auto header = request.headers.find("if-match");
  if (header == request.headers.end() || header->second == "*") return std::optional<std::int64_t>();
  std::string_view text = base::trim(header->second);
  if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
    if (const auto number = base::parse_number<std::int64_t>(text.substr(1, text.size() - 2))) return number;
  }
  return central::FieldError{if_match, {base::ErrorKind::conflict, "If-Match is no ETag of these settings"}};
}

Response refusal(const central::FieldError& error) {
  if (error.field != if_match) return error_response(error);
  return http::error_response(412, "outdated", error.field, error.error.message);
}

/// What opens a service, or has streams go out in the clear.
bool is_of_security(const SettingSection& section) {
  return section.name == "onvif" || section.name == "rtsps";
}

Response change_settings(ServerParts& parts, const Request& request) {
  const auto* section = find_section(parts, request.param("section"));
  if (!section) return no_section(request.param("section"));
  if (section->for_administrators && !parts.central.accounts().rights(request.account)->is_everything()) {
    return http::error_response(403, "denied", {},
                                fmt::format("only administrators change the settings \"{}\"", section->name));
  }
  if (is_of_security(*section) &&
      !parts.central.accounts().rights(request.account)->may_everywhere(central::Authority::security)) {
    return http::error_response(
        403, "denied", {},
        fmt::format("the settings \"{}\" need the authority security, too", section->name));
  }
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto revision = revision_of(request);
  if (!revision) return refusal(revision.error());
  const auto changed = parts.central.settings().change(section->name, *body, *revision);
  if (!changed) return refusal(changed.error());
  tell_change(parts, request, "settings.changed",
              fmt::format("settings \"{}\" were changed by \"{}\"", section->name, request.account),
              {{"section", section->name}}, Settings::shown(*section, changed->before.values),
              Settings::shown(*section, changed->after.values));
  return show(*section, changed->after);
}

}  // namespace

void add_settings_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"system"};
  router.add_plain("GET", "/api/v1/settings", guard, "All settings, with what their values may be",
                   [&parts](const Request&) { return list_settings(parts); });
  router.add_plain("GET", "/api/v1/settings/{section}", guard, "One section of the settings",
                   [&parts](const Request& request) {
                     const auto name = request.param("section");
                     const auto* section = find_section(parts, name);
                     return section ? show(*section, parts.central.settings().values(name))
                                    : no_section(name);
                   });
  router.add_plain("PATCH", "/api/v1/settings/{section}", guard,
                   "Changes the settings that are given and leaves the others",
                   [&parts](const Request& request) { return change_settings(parts, request); });
}

}  // namespace watchrig::api
