#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

struct Power {
  const char* path;
  Ending ending;
  const char* event;
  const char* summary;
  const char* done;  ///< "the server was ..."
};
constexpr Power powers[] = {
    {"/api/v1/system/factory-default", Ending::factory_default, "system.factory-default",
     "Erases all configuration, accounts, logs and backups for good and starts uninitialised; only the "
     "recordings "
     "and the clock stay, so export the configuration before",
     "set to the factory default"},
    {"/api/v1/system/restart", Ending::restart, "system.restart", "Restarts the server program", "restarted"},
    {"/api/v1/system/shutdown", Ending::shutdown, "system.shutdown",
     "Ends the server program; the machine stays on", "shut down"}};

Response end(ServerParts& parts, const Power& power, const Request& request) {
  if (!request.body.empty()) {
    const auto body = http::parse_json_object(request.body);
    if (!body) return http::error_response(body.error());
    FieldReader fields(*body);
    fields.no_others();
    if (fields.error()) return error_response(*fields.error());
  }
  const auto what = fmt::format("the server was {} by \"{}\"", power.done, request.account);
  const auto ending = parts.end(power.ending, fmt::format("{} from {}", what, request.source()));
  if (!ending) return http::error_response(ending.error());
  tell(parts, request, power.event, what);
  return http::json_response(202, json::object{{"started", base::format_utc(parts.started, 6)}});
}

}  // namespace

void add_power_routes(http::Router& router, ServerParts& parts) {
  for (const Power& power : powers) {
    router.add_plain("POST", power.path, {"system", true}, power.summary,
                     [&parts, &power](const Request& request) { return end(parts, power, request); });
  }
}

}  // namespace watchrig::api
