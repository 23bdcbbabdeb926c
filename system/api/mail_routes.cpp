#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/mail/mailer.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

Response list_servers(ServerParts& parts) {
  json::array servers;
  for (const auto& known : central::known_mail_servers()) {
    servers.push_back({{"type", known.type.empty() ? "customize" : known.type},
                       {"server", known.host},
                       {"port", known.port},
                       {"encryption", central::to_string(known.encryption)},
                       {"authorisation_code", known.authorisation_code}});
  }
  const auto warnings = central::mail_warnings(parts.central.settings().values("mail").values);
  return http::json_response(
      200, json::object{{"servers", std::move(servers)}, {"warnings", json::value_from(warnings)}});
}

/// A refusal by the mail server is an answer, not an error of the request.
Response send_test_mail(ServerParts& parts) {
  const auto sent = parts.central.mailer().test();
  const bool tried =
      sent || (sent.error().field.empty() && sent.error().error.kind != base::ErrorKind::conflict);
  if (!tried) return error_response(sent.error());
  const auto warnings = central::mail_warnings(parts.central.settings().values("mail").values);
  json::object answer{{"delivered", sent.has_value()}, {"warnings", json::value_from(warnings)}};
  if (!sent) {
    answer["code"] = base::to_string(sent.error().error.kind);
    answer["message"] = sent.error().error.message;
  }
  return http::json_response(200, answer);
}

}  // namespace

void add_mail_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/mail/servers", {"system"},
                   "Known mail servers, and what is unwise about the present mail settings",
                   [&parts](const Request&) { return list_servers(parts); });
  router.add(
      "POST", "/api/v1/settings/mail/test", {"system"},
      "Sends a test mail to the receivers of the settings, and says what came of it",
      [&parts](const Request&) { return parts.workers.run([&parts] { return send_test_mail(parts); }); });
}

}  // namespace watchrig::api
