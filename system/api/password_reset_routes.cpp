#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/gate.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/central/accounts/password_resets.hpp"
#include "system/central/mail/mailer.hpp"
#include "system/central/mailbox.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Accounts;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t longest_name = 31;

bool is_on(const ServerParts& parts, std::string_view which) {
  return parts.central.settings().flag("password_reset", which);
}

bool is_local(const Request& request) { return central::is_this_machine(request.source()); }

/// A client over the network gets the same answers for every name, whether there is such an account or not.
std::optional<Response> refuse_remote(const ServerParts& parts, const Request& request) {
  if (is_local(request) || (is_on(parts, "service") && is_on(parts, "email"))) return std::nullopt;
  return http::error_response(403, "denied", {},
                              "passwords cannot be reset over the network here; sit down at the server");
}

std::optional<Response> refuse_locked(const ServerParts& parts, const std::string& account,
                                      const Request& request) {
  const auto locked = parts.central.sign_in().locked(account, request.source());
  if (!locked) return std::nullopt;
  return http::error_response(403, "locked", {}, locked->message);
}

/// What the account has; of an unknown one what an account with nothing but an address has.
struct Ways {
  bool known = false;
  std::string email;
  std::vector<std::string> questions;  ///< only when they may be used
  bool by_email = false;
  bool address_needed = false;  ///< one must be given first (IVSS 8.7.3.2)
  bool console = false;         ///< nothing protects it but sitting at the server (IVSS 5.1)
};

Ways ways_of(const ServerParts& parts, const std::string& account) {
  Ways ways;
  ways.by_email = is_on(parts, "email");
  const auto protection = parts.central.accounts().protection(account);
  if (!protection) return ways;
  ways.known = true;
  ways.email = protection->email;
  if (is_on(parts, "questions")) ways.questions = protection->questions;
  ways.address_needed = ways.by_email && ways.email.empty();
  ways.console = account == Accounts::administrator && !ways.by_email && ways.questions.empty();
  return ways;
}

Response begin_reset(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_uninitialised(parts.central.accounts())) return *std::move(refusal);
  if (auto refusal = refuse_remote(parts, request)) return *std::move(refusal);
  BodyFields fields(request);
  const auto name = fields.text("username", std::string(Accounts::administrator));
  if (name.empty() || name.size() > longest_name)
    fields.refuse("username", fmt::format("must have 1 to {} characters", longest_name));
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto begun = parts.central.resets().begin(name, request.source());
  if (!begun) return http::error_response(begun.error());
  json::object answer{{"token", begun->token}, {"valid_until", base::format_utc(begun->until)}};
  if (is_local(request)) {
    const auto ways = ways_of(parts, name);
    answer["by_email"] = ways.by_email;
    answer["email_needed"] = ways.address_needed;
    answer["questions"] = json::value_from(ways.questions);
    answer["unprotected"] = ways.console;
  }
  auto response = http::json_response(201, answer);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

std::string text_of_mail(const std::string& code, base::UtcTime until) {
  return fmt::format(
      "The security code for setting the password of the video server anew is\n\n{}\n\nIt is valid until {} "
      "and can be used once. Whoever has not asked for it need not do anything; the password stays as it "
      "is.\n",
      code, base::format_utc(until, 0));
}

/// The address to which the code goes; empty when there is nobody to send it to, which is not told.
central::FieldResult<std::string> address_for(const Ways& ways, const Request& request,
                                              const std::string& given) {
  const auto refuse = [](std::string message) {
    return central::FieldError{"email", {base::ErrorKind::invalid, std::move(message)}};
  };
  const auto take = [](const std::string& address) {
    return central::FieldResult<std::string>(boost::system::in_place_value, address);
  };
  if (!is_local(request)) {
    if (!given.empty()) return refuse("can be given at the server itself only");
    return take(ways.email);
  }
  if (!ways.address_needed) {
    if (!given.empty()) return refuse("is stored already; the owner can change it after signing in");
    return take(ways.email);
  }
  if (!central::is_mailbox(given)) return refuse("none is stored; an e-mail address is needed first");
  return take(given);
}

Response send_code(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_remote(parts, request)) return *std::move(refusal);
  const auto body = http::parse_json_object(request.body.empty() ? "{}" : request.body);
  if (!body) return http::error_response(body.error());
  FieldReader fields(*body);
  const auto given = fields.text("email", "");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto token = request.param("token");
  const auto account = parts.central.resets().account(token);
  if (!account) return http::error_response(account.error());
  if (auto refusal = refuse_locked(parts, *account, request)) return *std::move(refusal);
  if (!is_on(parts, "email"))
    return http::error_response(403, "denied", {}, "resetting by e-mail is switched off");
  if (const auto setup = central::mail_setup(parts.central.settings().values("mail").values); !setup)
    return http::error_response(409, "conflict", {},
                                "the server cannot send mail: " + setup.error().error.message);
  const auto address = address_for(ways_of(parts, *account), request, given);
  if (!address) return error_response(address.error());
  const auto code = parts.central.resets().make_code(token, given);
  if (!code) {
    const bool full = code.error().kind == base::ErrorKind::full;
    return full ? http::error_response(429, "full", {}, code.error().message)
                : http::error_response(code.error());
  }
  if (!address->empty()) {
    auto tell = [&events = parts.central.events(), name = *account](const base::Result<>& sent) {
      const auto type = sent ? "account.code-mailed" : "account.code-not-mailed";
      const auto message = sent ? fmt::format("a security code for \"{}\" was mailed", name)
                                : fmt::format("a security code for \"{}\" could not be mailed: {}", name,
                                              sent.error().message);
      events.append({.type = type, .message = message, .data = {{"account", name}}, .account = name});
    };
    const auto until = parts.clock.now() + central::PasswordResets::validity;
    const auto posted =
        parts.central.mailer().post(*address, "Security code", text_of_mail(*code, until), std::move(tell));
    if (!posted) return error_response(posted.error());
  }
  return http::json_response(
      202, {{"message", "if the account has an e-mail address, a code is on its way to it"}});
}

/// What was wrong counts like a wrong password.
Response refuse_proof(ServerParts& parts, const Request& request, const std::string& account,
                      std::string_view field, const std::string& message) {
  const bool locks = parts.central.sign_in().count_failure(account, request.source());
  tell_account(parts, "account.reset-refused", request, account,
               fmt::format("a wrong code or answer was given for \"{}\" from {}", account, request.source()));
  if (locks) {
    tell_account(parts, "account.locked", request, account,
                 fmt::format("too many wrong codes for \"{}\" from {}: locked", account, request.source()));
  }
  return http::error_response(403, "denied", field, message);
}

/// How a request proves that it may set the password.
struct Proof {
  std::string code;
  std::optional<std::vector<std::string>> answers;
  std::string email;
};

/// Nothing when the proof holds.
std::optional<Response> refuse_unproven(ServerParts& parts, const Request& request,
                                        const std::string& account, Proof& proof) {
  const auto ways = ways_of(parts, account);
  const bool local = is_local(request);
  if (!proof.email.empty() && (!ways.address_needed || !central::is_mailbox(proof.email))) {
    return http::error_response(400, "invalid", "email",
                                ways.address_needed
                                    ? "is no e-mail address"
                                    : "is stored already; the owner can change it after signing in");
  }
  if (!proof.code.empty()) {
    const auto redeemed = parts.central.resets().redeem(request.param("token"), proof.code);
    if (!redeemed) return refuse_proof(parts, request, account, "code", redeemed.error().message);
    proof.email = redeemed->email;
    return std::nullopt;
  }
  if (proof.answers) {
    if (!local || !is_on(parts, "questions")) {
      return http::error_response(403, "denied", "answers", "questions are asked at the server itself only");
    }
    if (ways.address_needed && proof.email.empty())
      return http::error_response(400, "invalid", "email",
                                  "none is stored; an e-mail address is needed first");
    if (const auto right = parts.central.accounts().check_answers(account, *proof.answers); !right)
      return refuse_proof(parts, request, account, "answers", right.error().message);
    return std::nullopt;
  }
  if (local && ways.console) return std::nullopt;
  return http::error_response(400, "invalid", "code", "code is missing");
}

std::optional<std::vector<std::string>> answers_in(FieldReader& fields) {
  const auto* value = fields.member("answers");
  if (!value) return std::nullopt;
  std::vector<std::string> answers;
  const auto* list = value->if_array();
  if (!list) fields.refuse("answers", "must be a list of texts");
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    if (!(*list)[i].is_string()) fields.refuse("answers", "must be a list of texts");
    if (!fields.error()) answers.emplace_back((*list)[i].as_string());
  }
  if (answers.size() > Accounts::most_questions) fields.refuse("answers", "has too many");
  return answers;
}

Response finish_reset(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse_remote(parts, request)) return *std::move(refusal);
  BodyFields fields(request);
  Proof proof{fields.text("code", ""), answers_in(fields), fields.text("email", "")};
  const auto password = fields.text("password");
  const auto again = fields.text("password_again");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto account = parts.central.resets().account(request.param("token"));
  if (!account) return http::error_response(account.error());
  if (auto refusal = refuse_locked(parts, *account, request)) return *std::move(refusal);
  // First, so that a mistyped password does not use up a code.
  if (const auto checked = parts.central.accounts().check_new(password, again, *account); !checked)
    return error_response(checked.error());
  if (auto refusal = refuse_unproven(parts, request, *account, proof)) return *std::move(refusal);
  if (const auto set = parts.central.accounts().set_password(*account, password, again); !set)
    return error_response(set.error());
  if (!proof.email.empty()) {
    if (const auto stored = parts.central.accounts().set_email(*account, proof.email); !stored)
      return error_response(stored.error());
  }
  parts.central.resets().end(request.param("token"));
  parts.central.sign_in().sessions.close_others(*account, {});
  tell_account(parts, "account.password-changed", request, *account,
               fmt::format("the forgotten password of \"{}\" was set anew from {}; its sessions have ended",
                           *account, request.source()));
  return http::no_content();
}

Response show_hint(ServerParts& parts, const Request& request) {
  if (!is_local(request)) {
    return http::error_response(403, "denied", {}, "the hint is shown at the server itself only");
  }
  const auto name = request.query_value("username").value_or(std::string(Accounts::administrator));
  const auto protection = parts.central.accounts().protection(name);
  return http::json_response(200, {{"hint", protection ? protection->hint : std::string()}});
}

}  // namespace

void add_password_reset_routes(http::Router& router, ServerParts& parts) {
  router.add_plain(
      "POST", "/api/v1/password-resets", {everybody},
      "Begins to set a forgotten password anew; at the server itself also says how it can be proved",
      [&parts](const Request& request) { return begin_reset(parts, request); });
  router.add_plain("POST", "/api/v1/password-resets/{token}/code", {everybody},
                   "Mails a security code to the owner of the account; at most two for a request",
                   [&parts](const Request& request) { return send_code(parts, request); });
  router.add("PUT", "/api/v1/password-resets/{token}", {everybody},
             "Sets the password anew by the code, or at the server itself by the answers to the questions",
             on_hashers(parts, finish_reset));
  router
      .add_plain("GET", "/api/v1/password-hint", {everybody},
                 "What reminds the owner of the password; at the server itself only",
                 [&parts](const Request& request) { return show_hint(parts, request); })
      .query = {{"username", "of the account; admin without it"}};
}

}  // namespace watchrig::api
