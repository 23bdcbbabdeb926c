#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/accounts/password.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr base::Duration confirmation = std::chrono::minutes(10);

/// Whether the caller knows their own password, which they gave as `field`; who holds a session only must not
/// be able to try passwords without end.
std::optional<Response> refuse_password(ServerParts& parts, const Request& request,
                                        const std::string& password, std::string_view field) {
  const auto refused = parts.central.sign_in().check(request.account, password, request.source());
  if (!refused) return std::nullopt;
  tell_refused(parts, request, request.account, *refused);
  if (refused->why == central::SignIn::Refusal::wrong)
    return http::error_response(403, "denied", field, "is wrong");
  return to_response(*refused);
}

Response change_password(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto old_password = fields.text("old_password");
  const auto password = fields.text("password");
  const auto again = fields.text("password_again");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (auto refusal = refuse_password(parts, request, old_password, "old_password"))
    return *std::move(refusal);
  if (const auto set = parts.central.accounts().set_password(request.account, password, again); !set) {
    return error_response(set.error());
  }
  parts.central.sign_in().sessions.close_others(request.account, request.session);
  tell_account(parts, "account.password-changed", request, request.account,
               fmt::format("the password of \"{}\" was changed from {}; its other sessions have ended",
                           request.account, request.source()));
  return http::no_content();
}

Response rate_password(const ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto password = fields.text("password");
  const auto username = fields.text("username", std::string(central::Accounts::administrator));
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto& rule = parts.central.product().profile->password;
  const auto checked = central::check_password(password, username, rule);
  return http::json_response(
      200, json::object{{"strength", to_string(central::password_strength(password, username, rule))},
                        {"accepted", checked.has_value()},
                        {"advice", checked ? std::string() : checked.error().message}});
}

/// Once more, for changes of accounts (IVSS 8.7). Wrong ones count like those of a sign-in.
Response confirm(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto password = fields.text("password");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (auto refusal = refuse_password(parts, request, password, "password")) return *std::move(refusal);
  parts.central.sign_in().sessions.confirm(request.session, parts.clock.now() + confirmation);
  return http::no_content();
}

Response show_account(ServerParts& parts, const Request& request) {
  const auto rights = parts.central.accounts().rights(request.account);
  const auto protection = parts.central.accounts().protection(request.account);
  if (!protection) return http::error_response(protection.error());
  const std::chrono::days allowed(parts.central.settings().number("accounts", "password_reminder"));
  const bool aged = allowed.count() > 0 && parts.clock.now() - protection->password_set > allowed;
  return http::json_response(200, json::object{{"name", request.account},
                                               {"session", request.session},
                                               {"password_set", base::format_utc(protection->password_set)},
                                               {"password_is_old", aged},
                                               {"administrator", rights->is_everything()},
                                               {"authorities", central::to_json(rights->grants())}});
}

}  // namespace

void add_account_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("POST", "/api/v1/password-strength", {everybody, false, false},
                   "How strong a password would be, and what is wrong with it",
                   [&parts](const Request& request) { return rate_password(parts, request); });
  router.add("PUT", "/api/v1/sessions/current/confirmation", {signed_in},
             "Gives the password once more, for what needs it in the next ten minutes",
             on_hashers(parts, confirm));
  router.add_plain("GET", "/api/v1/account", {signed_in}, "Who one is, and what one may do",
                   [&parts](const Request& request) { return show_account(parts, request); });
  router.add("PUT", "/api/v1/account/password", {signed_in},
             "Changes one's own password; one's other sessions end", on_hashers(parts, change_password));
}

}  // namespace watchrig::api
