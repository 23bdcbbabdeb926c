#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/licence_json.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/uploads.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

Response show(ServerParts& parts, const Request&) {
  return http::json_response(200, licence_json(parts.licence.show()));
}

Response list_fingerprints(ServerParts& parts, const Request&) {
  const auto files = parts.licence.fingerprint_files();
  if (!files) return http::error_response(files.error());
  json::array list;
  for (const auto& file : *files) list.push_back({{"name", file.name}, {"fingerprint", file.fingerprint}});
  return http::json_response(200, json::object{{"files", std::move(list)}});
}

Response fingerprint(ServerParts& parts, const Request& request) {
  const auto files = parts.licence.fingerprint_files();
  if (!files) return http::error_response(files.error());
  for (const auto& file : *files) {
    if (file.name == request.param("file"))
      return http::file_response("application/octet-stream", file.name, file.content);
  }
  return http::error_response(404, "not_found", {},
                              "there is no such file: GET /api/v1/system/licence/fingerprints lists them");
}

Response import(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto binding = central::licence_binding_from(fields.text("encryption"));
  if (!fields.error() && !binding) fields.refuse("encryption", "encryption must be software or dongle");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto file = uploaded(parts, "licence");
  if (!file) return http::error_response(file.error());
  const auto before = parts.licence.show();
  const auto imported = parts.licence.import(*binding, *file);
  if (!imported) return error_response(imported.error());
  tell_change(parts, request, "system.licence-imported",
              fmt::format("licence \"{}\" was imported by \"{}\"", imported->id, request.account),
              {{"licence", imported->id}}, licence_json(before), licence_json(parts.licence.show()));
  return show(parts, request);
}

}  // namespace

json::object licence_json(const central::LicenceStore::Shown& shown) {
  json::object object{{"state", to_string(shown.state)}, {"message", shown.message}};
  if (!shown.licence) return object;
  object["id"] = shown.licence->id;
  object["encryption"] = to_string(shown.licence->binding);
  object["algorithms"] = json::array(shown.licence->algorithms.begin(), shown.licence->algorithms.end());
  object["channels"] = shown.licence->channels;
  object["expires"] = shown.licence->expires ? base::format_utc(*shown.licence->expires) : "never";
  return object;
}

void add_licence_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"system"};
  router.add("GET", "/api/v1/system/licence", guard, "The licence of the algorithms, with its state",
             on_workers(parts, show));
  router.add(
      "GET", "/api/v1/system/licence/fingerprints", guard,
      "The files that the issuer of a licence needs: server.dat, and dongle.dat while a dongle is there",
      on_workers(parts, list_fingerprints));
  router.add("GET", "/api/v1/system/licence/fingerprints/{file}", guard, "One of these files",
             on_workers(parts, fingerprint));
  router.add(
      "POST", "/api/v1/system/licence", guard,
      "Takes the upload \"licence\" in place of the present licence; encryption says what it is bound to, "
      "software or dongle",
      on_workers(parts, import));
}

}  // namespace watchrig::api
