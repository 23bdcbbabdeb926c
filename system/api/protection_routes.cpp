#include <functional>

#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/protection_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

std::vector<central::SecurityQuestion> questions_in(FieldReader& fields) {
  std::vector<central::SecurityQuestion> questions;
  const auto* value = fields.member("questions");
  if (!value) return questions;
  const auto* list = value->if_array();
  if (!list) fields.refuse("questions", "must be a list of objects");
  for (std::size_t i = 0; list && i < list->size() && !fields.error(); ++i) {
    const auto* object = (*list)[i].if_object();
    if (!object) {
      fields.refuse("questions", "must be a list of objects");
      break;
    }
    FieldReader entry(*object, fmt::format("questions.{}.", i));
    questions.push_back({entry.text("question"), entry.text("answer")});
    entry.no_others();
    if (entry.error()) fields.adopt(*entry.error());
  }
  return questions;
}

namespace {

Response show_protection(ServerParts& parts, const Request& request) {
  const auto protection = parts.central.accounts().protection(request.account);
  if (!protection) return http::error_response(protection.error());
  return http::json_response(200, json::object{{"email", protection->email},
                                               {"questions", json::value_from(protection->questions)},
                                               {"password_hint", protection->hint}});
}

/// For the log: neither answers nor a hint.
json::object facts_of(const central::Protection& protection) {
  return {{"email", protection.email},
          {"questions", json::value_from(protection.questions)},
          {"has_hint", !protection.hint.empty()}};
}

/// Does it, and tells what has become of what.
Response change(ServerParts& parts, const Request& request, std::string_view what,
                const std::function<central::FieldResult<void>(central::Accounts&)>& set) {
  auto& accounts = parts.central.accounts();
  const auto before = accounts.protection(request.account);
  if (const auto done = set(accounts); !done) return error_response(done.error());
  const auto after = accounts.protection(request.account);
  tell_change(parts, request, "account.changed",
              fmt::format("\"{}\" has changed {} for a forgotten password", request.account, what),
              {{"user", request.account}}, before ? facts_of(*before) : json::object(),
              after ? facts_of(*after) : json::object());
  return http::no_content();
}

Response set_email(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto email = fields.text("email");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return change(parts, request, "the e-mail address",
                [&](central::Accounts& accounts) { return accounts.set_email(request.account, email); });
}

Response set_questions(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  fields.require("questions");
  const auto questions = questions_in(fields);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return change(parts, request, "the questions", [&](central::Accounts& accounts) {
    return accounts.set_questions(request.account, questions);
  });
}

Response set_hint(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto hint = fields.text("password_hint");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  return change(parts, request, "the hint",
                [&](central::Accounts& accounts) { return accounts.set_hint(request.account, hint); });
}

}  // namespace

void add_protection_routes(http::Router& router, ServerParts& parts) {
  const http::Guard owner{signed_in, true};
  router.add_plain("GET", "/api/v1/account/protection", {signed_in},
                   "What helps if one forgets one's own password",
                   [&parts](const Request& request) { return show_protection(parts, request); });
  router.add_plain("PUT", "/api/v1/account/email", owner, "Changes one's own e-mail address",
                   [&parts](const Request& request) { return set_email(parts, request); });
  router.add("PUT", "/api/v1/account/questions", owner,
             "Changes one's own security questions and answers; none takes them away",
             on_hashers(parts, set_questions));
  router.add_plain("PUT", "/api/v1/account/hint", owner, "Changes what reminds one of the own password",
                   [&parts](const Request& request) { return set_hint(parts, request); });
}

}  // namespace watchrig::api
