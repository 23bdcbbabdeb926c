#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/protection_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/accounts/password.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::SignIn;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t longest_name = 31;        // IVSS 8.7.2
constexpr std::size_t longest_password = 1024;  // to be looked at when signing in
constexpr base::Duration confirmation = std::chrono::minutes(10);

json::object to_json(const central::Session& session) {
  return {{"id", session.id},
          {"account", session.account},
          {"source", session.source},
          {"begin", base::format_utc(session.begin, 3)},
          {"last_use", base::format_utc(session.last_use, 3)}};
}

/// The only answer that holds secrets, for the one who has just proved the password.
Response to_response(const SignIn::Opened& opened) {
  auto object = to_json(opened.session);
  object["token"] = opened.secrets.token;
  object["stream_key"] = opened.secrets.stream_key;
  auto response = http::json_response(201, object);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Response to_response(const SignIn::Refused& refused) {
  switch (refused.why) {
    case SignIn::Refusal::wrong:
      return http::error_response(401, "denied", {}, refused.message);
    case SignIn::Refusal::locked:
      return http::error_response(403, "locked", {}, refused.message);
    case SignIn::Refusal::full:
      return http::error_response(503, "full", {}, refused.message);
    case SignIn::Refusal::failed:
      break;
  }
  return http::error_response(500, "internal", {}, refused.message);
}

/// What a wrong password says to the log, whatever it was asked for.
void tell_refused(ServerParts& parts, const Request& request, const std::string& name,
                  const SignIn::Refused& refused) {
  if (refused.why == SignIn::Refusal::wrong) {
    tell_account(
        parts, "account.refused", request, name,
        fmt::format("a wrong user name or password was given for \"{}\" from {}", name, request.source()));
  }
  if (refused.locks) {
    tell_account(parts, "account.locked", request, name,
                 fmt::format("too many wrong passwords for \"{}\" from {}: locked", name, request.source()));
  }
}

/// Whether the caller knows their own password, which they gave as `field`; who holds a session only must not
/// be able to try passwords without end.
std::optional<Response> refuse_password(ServerParts& parts, const Request& request,
                                        const std::string& password, std::string_view field) {
  const auto refused = parts.central.sign_in().check(request.account, password, request.source());
  if (!refused) return std::nullopt;
  tell_refused(parts, request, request.account, *refused);
  if (refused->why == SignIn::Refusal::wrong) return http::error_response(403, "denied", field, "is wrong");
  return to_response(*refused);
}

struct Credentials {
  std::string username;
  std::string password;
};

Response sign_in(ServerParts& parts, const Request& request, const Credentials& given) {
  const auto outcome = parts.central.sign_in().attempt(given.username, given.password, request.source());
  if (outcome) {
    tell_account(parts, "account.signed-in", request, given.username,
                 fmt::format("\"{}\" has signed in from {}", given.username, request.source()));
    return to_response(*outcome);
  }
  tell_refused(parts, request, given.username, outcome.error());
  return to_response(outcome.error());
}

Response open_session(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_uninitialised(parts.central.accounts())) return *std::move(refusal);
  BodyFields fields(request);
  const Credentials given{fields.text("username"), fields.text("password")};
  if (given.username.empty() || given.username.size() > longest_name) {
    fields.refuse("username", fmt::format("must have 1 to {} characters", longest_name));
  }
  if (given.password.size() > longest_password) {
    fields.refuse("password", fmt::format("has more than {} characters", longest_password));
  }
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return sign_in(parts, request, given);
}

Response initialise(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  central::Initialisation answers;
  answers.licence_accepted = fields.flag("licence_accepted", false);
  answers.password = fields.text("password");
  answers.password_again = fields.text("password_again");
  const bool by_email = fields.flag("email_protection", true);
  answers.email_needed = by_email;
  answers.email = fields.text("email", by_email ? std::nullopt : std::optional<std::string>(""));
  const bool by_questions = fields.flag("question_protection", true);
  answers.questions = questions_in(fields);
  answers.hint = fields.text("password_hint", "");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  json::object ways;
  for (const auto& [name, on] : {std::pair("email", by_email), std::pair("questions", by_questions)}) {
    if (parts.central.settings().flag("password_reset", name) == on) continue;
    if (parts.central.settings().is_fixed("password_reset", name)) {
      return http::error_response(
          409, "conflict",
          fmt::format("{}_protection", name == std::string_view("email") ? "email" : "question"),
          "was decided when the server was started (--set or --config)");
    }
    ways[name] = on;
  }
  if (const auto initialised = parts.central.accounts().initialise(answers); !initialised) {
    return error_response(initialised.error());
  }
  if (const auto set = parts.central.settings().change("password_reset", ways); !set)
    return error_response(set.error());
  tell_account(parts, "system.initialised", request, std::string(central::Accounts::administrator),
               fmt::format("the server was initialised from {}", request.source()));
  return sign_in(parts, request, {std::string(central::Accounts::administrator), answers.password});
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

Response rate_password(const Request& request) {
  BodyFields fields(request);
  const auto password = fields.text("password");
  const auto username = fields.text("username", std::string(central::Accounts::administrator));
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto checked = central::check_password(password, username);
  return http::json_response(
      200, json::object{{"strength", to_string(central::password_strength(password, username))},
                        {"accepted", checked.has_value()},
                        {"advice", checked ? std::string() : checked.error().message}});
}

Response list_sessions(ServerParts& parts) {
  json::array list;
  for (const auto& session : parts.central.sign_in().sessions.all()) list.push_back(to_json(session));
  return http::json_response(200, json::object{{"sessions", std::move(list)}});
}

Response end_session(ServerParts& parts, const Request& request, const std::string& id) {
  for (const auto& session : parts.central.sign_in().sessions.all()) {
    if (session.id != id) continue;
    if (auto refusal = refuse_administrators(parts, request, {}, session.account)) return *std::move(refusal);
  }
  if (!parts.central.sign_in().sessions.close(id)) {
    return http::error_response(404, "not_found", {}, fmt::format("there is no session \"{}\"", id));
  }
  tell_account(parts, "account.signed-out", request, request.account,
               fmt::format("session {} was ended by \"{}\" from {}", id, request.account, request.source()));
  return http::no_content();
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
  router.add_plain(
      "GET", "/api/v1/initialisation", {everybody}, "Whether the server is initialised",
      [&parts](const Request&) {
        return http::json_response(200, {{"initialised", parts.central.accounts().initialised()}});
      });
  router.add("POST", "/api/v1/initialisation", {everybody},
             "Makes the administrator of a fresh server, and signs it in", on_hashers(parts, initialise));
  router.add_plain("POST", "/api/v1/password-strength", {everybody, false, false},
                   "How strong a password would be, and what is wrong with it", rate_password);
  router.add("POST", "/api/v1/sessions", {everybody}, "Signs in", on_hashers(parts, open_session));
  router.add_plain("GET", "/api/v1/sessions", {"accounts"}, "Who is signed in",
                   [&parts](const Request&) { return list_sessions(parts); });
  router.add_plain("DELETE", "/api/v1/sessions/current", {signed_in}, "Signs out",
                   [&parts](const Request& request) { return end_session(parts, request, request.session); });
  router.add_plain(
      "DELETE", "/api/v1/sessions/{session}", {"accounts"}, "Ends somebody's session",
      [&parts](const Request& request) { return end_session(parts, request, request.param("session")); });
  router.add("PUT", "/api/v1/sessions/current/confirmation", {signed_in},
             "Gives the password once more, for what needs it in the next ten minutes",
             on_hashers(parts, confirm));
  router.add_plain("GET", "/api/v1/account", {signed_in}, "Who one is, and what one may do",
                   [&parts](const Request& request) { return show_account(parts, request); });
  router.add("PUT", "/api/v1/account/password", {signed_in},
             "Changes one's own password; one's other sessions end", on_hashers(parts, change_password));
}

}  // namespace watchrig::api
