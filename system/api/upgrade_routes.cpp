#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/program_version.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/uploads.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::FieldResult;
using central::UpgradeKind;
using http::Request;
using http::Response;

namespace {

struct Asked {
  UpgradeKind kind;
  std::string name;  ///< of the file
};

FieldResult<Asked> read_body(const Request& request) {
  BodyFields fields(request);
  auto name = fields.text("name");
  const auto kind = central::upgrade_kind_from(fields.text("kind"));
  if (!fields.error() && !kind) fields.refuse("kind", "kind must be update, system or module");
  fields.no_others();
  if (fields.error()) return *fields.error();
  return Asked{*kind, std::move(name)};
}

/// What is refused does not lie about.
Response check(ServerParts& parts, const Request& request) {
  const auto asked = read_body(request);
  if (!asked) return error_response(asked.error());
  const auto upload = to_string(asked->kind);
  const auto upgrade = parts.upgrades.check(asked->kind, asked->name, upload_file(parts, upload));
  if (!upgrade) {
    forget_upload(parts, upload);
    parts.upgrades.end_upload(asked->kind);
    return error_response(upgrade.error());
  }
  json::array files;
  for (const auto& file : upgrade->files) files.push_back({{"name", file.name}, {"bytes", file.bytes}});
  return http::json_response(200, json::object{{"kind", to_string(upgrade->kind)},
                                               {"version", upgrade->version.text()},
                                               {"running", program_version()},
                                               {"files", std::move(files)}});
}

Response install(ServerParts& parts, const Request& request) {
  const auto asked = read_body(request);
  if (!asked) return error_response(asked.error());
  if (const auto may = parts.may_end(asked->kind); !may) return http::error_response(may.error());
  const auto upgrade =
      parts.upgrades.install(asked->kind, asked->name, upload_file(parts, to_string(asked->kind)));
  if (!upgrade) return error_response(upgrade.error());
  if (const auto ending = parts.end(Ending::restart, {}); !ending) {
    const auto withdrawn = parts.upgrades.withdraw();
    return http::error_response(withdrawn ? ending.error() : withdrawn.error());
  }
  tell(parts, request, "system.upgrade-installed",
       fmt::format("version {} was installed by \"{}\"", upgrade->version.text(), request.account),
       {{"version", upgrade->version.text()}});
  return http::json_response(202, json::object{{"version", upgrade->version.text()},
                                               {"started", base::format_utc(parts.started, 6)}});
}

}  // namespace

void add_upgrade_routes(http::Router& router, ServerParts& parts) {
  router.add("POST", "/api/v1/system/upgrade/check", {"system"},
             "Says what was uploaded as update, system or module, or why it cannot be installed",
             as_task(parts, "upgrade.check", check));
  router.add("POST", "/api/v1/system/upgrade", {"system", true},
             "Installs what was uploaded, after it was seen to start by way of trial, and restarts with it",
             as_task(parts, "upgrade.install", install));
  router.add_plain(
      "GET", "/api/v1/system/updates", {"system"},
      "Whether newer versions of server or client are announced where the settings \"updates\" say",
      [&parts](const Request&) { return http::json_response(200, parts.updates.status()); });
}

}  // namespace watchrig::api
