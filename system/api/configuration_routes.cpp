#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/uploads.hpp"
#include "system/central/configuration/configuration_transfer.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::ConfigurationTransfer;
using http::Request;
using http::Response;

namespace {

std::string password_of(BodyFields& fields) {
  auto password = fields.text("password");
  if (!fields.error() && (password.size() < ConfigurationTransfer::least_password ||
                          password.size() > ConfigurationTransfer::most_password)) {
    fields.refuse("password",
                  fmt::format("password must have {} to {} bytes", ConfigurationTransfer::least_password,
                              ConfigurationTransfer::most_password));
  }
  fields.no_others();
  return password;
}

Response export_all(ServerParts& parts, const ConfigurationTransfer& transfer, const Request& request) {
  BodyFields fields(request);
  const auto password = password_of(fields);
  if (fields.error()) return error_response(*fields.error());
  auto file = transfer.write(password);
  if (!file) return http::error_response(file.error());
  tell(parts, request, "system.configuration-exported",
       fmt::format("the configuration was exported by \"{}\"", request.account));
  return http::file_response("application/octet-stream", "configuration.watchrig", *std::move(file));
}

Response import_all(ServerParts& parts, ConfigurationTransfer& transfer, const Request& request) {
  BodyFields fields(request);
  const auto password = password_of(fields);
  if (fields.error()) return error_response(*fields.error());
  const auto file = uploaded(parts, "configuration");
  if (!file) return http::error_response(file.error());
  if (auto ordered = transfer.order(*file, password); !ordered) return error_response(ordered.error());
  const auto what = fmt::format("a configuration was imported by \"{}\"", request.account);
  auto ending = parts.central.keep_given_ids();
  if (ending) ending = parts.end(Ending::restart, what);
  if (!ending) {
    transfer.withdraw();
    return http::error_response(ending.error());
  }
  tell(parts, request, "system.configuration-imported", what);
  return http::json_response(202, json::object{{"started", base::format_utc(parts.started, 6)}});
}

}  // namespace

void add_configuration_routes(http::Router& router, ServerParts& parts) {
  const auto transfer = std::make_shared<ConfigurationTransfer>(parts.data, parts.clock);
  // It holds every account and secret: administrators only.
  router.add("POST", "/api/v1/system/configuration/export", {"", true},
             "The configuration as one file, which only its password opens, on any server",
             as_task(parts, "configuration.export", [transfer](ServerParts& all, const Request& request) {
               return export_all(all, *transfer, request);
             }));
  router.add(
      "POST", "/api/v1/system/configuration/import", {"", true},
      "Replaces the configuration, accounts too, by the uploaded one and restarts; what was there is kept "
      "on the disk",
      as_task(parts, "configuration.import", [transfer](ServerParts& all, const Request& request) {
        return import_all(all, *transfer, request);
      }));
}

}  // namespace watchrig::api
