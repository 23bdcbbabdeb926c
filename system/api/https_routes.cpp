#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/audit.hpp"
#include "system/api/https_switch.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

json::object facts(const ServerParts& parts) {
  const auto state = parts.https.state();
  return {{"enabled", state.enabled},
          {"certificate", state.certificate},
          {"port", state.port},
          {"url", state.url}};
}

Response show(ServerParts& parts, const Request&) { return http::json_response(200, facts(parts)); }

Response change(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const bool enabled = fields.flag("enabled", false);
  const auto certificate = fields.text("certificate", "");
  fields.require("enabled");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto before = facts(parts);
  if (enabled) {
    if (const auto done = parts.https.enable(certificate); !done) return error_response(done.error());
    tell_change(
        parts, request, "https.on",
        fmt::format("HTTPS was switched on at {} by \"{}\"", parts.https.state().url, request.account), {},
        before, facts(parts));
  } else {
    if (const auto done = parts.https.disable(); !done) return http::error_response(done.error());
    tell_change(parts, request, "https.off", fmt::format("HTTPS was switched off by \"{}\"", request.account),
                {}, before, facts(parts));
  }
  return show(parts, request);
}

Response uninstall(ServerParts& parts, const Request& request) {
  const auto before = facts(parts);
  if (const auto done = parts.https.uninstall(); !done) return http::error_response(done.error());
  tell_change(parts, request, "https.off",
              fmt::format("HTTPS lost its certificate and was switched off by \"{}\"", request.account), {},
              before, facts(parts));
  return http::no_content();
}

}  // namespace

void add_https_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const auto add = [&](const char* method, http::Guard guard, const char* summary, Work work) {
    router.add_plain(method, "/api/v1/https", std::move(guard), summary,
                     [&parts, work](const Request& request) { return work(parts, request); });
  };
  add("GET", {"security"}, "Whether HTTPS is on, and with which certificate", show);
  add("PUT", {"security"}, "Switches HTTPS on with a certificate, or off", change);
  add("DELETE", {"security", true}, "Uninstalls the certificate of HTTPS, which closes its port", uninstall);
}

}  // namespace watchrig::api
