#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/protection_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/plain_address.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using central::SignIn;
using http::Request;
using http::Response;

http::Response to_response(const SignIn::Refused& refused) {
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

namespace {

constexpr std::size_t longest_name = 31;        // IVSS 8.7.2
constexpr std::size_t longest_password = 1024;  // to be looked at when signing in

json::object to_json(const central::Session& session) {
  return {{"id", session.id},
          {"account", session.account},
          {"source", session.source},
          {"begin", base::format_utc(session.begin, 3)},
          {"last_use", base::format_utc(session.last_use, 3)}};
}

/// The only answer that holds secrets, for the one who has just proved the password.
Response opened_response(const SignIn::Opened& opened) {
  auto object = to_json(opened.session);
  object["token"] = opened.secrets.token;
  object["stream_key"] = opened.secrets.stream_key;
  auto response = http::json_response(201, object);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
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
    return opened_response(*outcome);
  }
  tell_refused(parts, request, given.username, outcome.error());
  return to_response(outcome.error());
}

central::FieldResult<Credentials> credentials_of(const Request& request) {
  BodyFields fields(request);
  const Credentials given{fields.text("username"), fields.text("password")};
  if (given.username.empty() || given.username.size() > longest_name) {
    fields.refuse("username", fmt::format("must have 1 to {} characters", longest_name));
  }
  if (given.password.size() > longest_password) {
    fields.refuse("password", fmt::format("has more than {} characters", longest_password));
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return given;
}

void tell_blast(ServerParts& parts, const Request& request) {
  central::Event event;
  event.type = "session.blast";
  event.result = "denied";
  event.message = fmt::format("{} signs in more often than the settings session_blast allow for a person",
                              request.source());
  tell(parts, request, std::move(event));
}

asio::awaitable<Response> at_once(Response response) { co_return response; }

/// Refuses what is locked before it waits for a worker, and without an entry of its own in the log, which
/// knows of the lock: so a flood of sign-ins costs nobody else anything.
asio::awaitable<Response> open_session(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_uninitialised(parts.central.accounts())) return at_once(*std::move(refusal));
  auto& accounts = parts.central.sign_in();
  if (accounts.blasts.attempted(base::source_name(request.source()))) tell_blast(parts, request);
  const auto given = credentials_of(request);
  if (!given) return at_once(error_response(given.error()));
  if (const auto refused = accounts.locked(given->username, request.source())) {
    if (request.told) *request.told = true;
    return at_once(to_response(*refused));
  }
  return parts.hashers.run(request.source(),
                           [&parts, request, given = *given] { return sign_in(parts, request, given); });
}

/// The field of an initialisation that decides on this one of the settings `password_reset`.
std::string protection_of(std::string_view setting) {
  return setting == "questions" ? "question_protection" : "email_protection";
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
      return http::error_response(409, "conflict", protection_of(name),
                                  "was decided when the server was started (--set or --config)");
    }
    ways[name] = on;
  }
  auto& accounts = parts.central.accounts();
  if (!accounts.initialised()) {  // before the account: after a failure of either, all can be asked for again
    if (const auto set = parts.central.settings().change("password_reset", ways); !set)
      return error_response({protection_of(set.error().field), set.error().error});
  }
  if (const auto initialised = accounts.initialise(answers); !initialised)
    return error_response(initialised.error());
  tell_account(parts, "system.initialised", request, std::string(central::Accounts::administrator),
               fmt::format("the server was initialised from {}", request.source()));
  return sign_in(parts, request, {std::string(central::Accounts::administrator), answers.password});
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

}  // namespace

void add_session_routes(http::Router& router, ServerParts& parts) {
  router.add_plain(
      "GET", "/api/v1/initialisation", {everybody}, "Whether the server is initialised",
      [&parts](const Request&) {
        return http::json_response(200, {{"initialised", parts.central.accounts().initialised()}});
      });
  router.add("POST", "/api/v1/initialisation", {everybody},
             "Makes the administrator of a fresh server, and signs it in", on_hashers(parts, initialise));
  router.add("POST", "/api/v1/sessions", {everybody}, "Signs in",
             [&parts](const Request& request) { return open_session(parts, request); });
  router.add_plain("GET", "/api/v1/sessions", {"accounts"}, "Who is signed in",
                   [&parts](const Request&) { return list_sessions(parts); });
  router.add_plain("DELETE", "/api/v1/sessions/current", {signed_in}, "Signs out",
                   [&parts](const Request& request) { return end_session(parts, request, request.session); });
  router.add_plain(
      "DELETE", "/api/v1/sessions/{session}", {"accounts"}, "Ends somebody's session",
      [&parts](const Request& request) { return end_session(parts, request, request.param("session")); });
}

}  // namespace watchrig::api
