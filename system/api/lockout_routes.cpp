#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/plain_address.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t most_names = 1000;

json::array to_json(const central::Lockout& lockout) {
  json::array list;
  for (const auto& locked : lockout.locked()) {
    list.push_back({{"name", locked.name}, {"until", base::format_utc(locked.until, 3)}});
  }
  return list;
}

central::Lockout* lockout_of(ServerParts& parts, std::string_view kind) {
  auto& sign_in = parts.central.sign_in();
  if (kind == "accounts") return &sign_in.locked_accounts;
  return kind == "sources" ? &sign_in.locked_sources : nullptr;
}

/// False when it was not locked.
bool unlock(ServerParts& parts, const Request& request, std::string_view kind, const std::string& name) {
  auto* lockout = lockout_of(parts, kind);
  if (!lockout || !lockout->unlock(kind == "sources" ? base::source_name(name) : name)) return false;
  tell_account(parts, "account.unlocked", request, request.account,
               fmt::format("\"{}\" of the locked {} was unlocked by \"{}\"", name, kind, request.account));
  return true;
}

Response show(ServerParts& parts, const Request&) {
  return http::json_response(200, {{"accounts", to_json(parts.central.sign_in().locked_accounts)},
                                   {"sources", to_json(parts.central.sign_in().locked_sources)}});
}

/// Who guesses an administrator's password must not be able to go on without end.
std::optional<Response> refuse(ServerParts& parts, const Request& request, std::string_view kind,
                               const std::string& name) {
  if (kind != "accounts") return std::nullopt;
  return refuse_administrators(parts, request, {}, name);
}

Response unlock_one(ServerParts& parts, const Request& request) {
  if (auto refusal = refuse(parts, request, request.param("kind"), request.param("name")))
    return *std::move(refusal);
  if (unlock(parts, request, request.param("kind"), request.param("name"))) return http::no_content();
  return http::error_response(
      404, "not_found", {},
      fmt::format("\"{}\" is not among the locked {}", request.param("name"), request.param("kind")));
}

/// Those that are not locked any more are no reason to keep the others locked.
Response unlock_several(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const std::pair<std::string_view, std::vector<std::string>> selections[] = {
      {"accounts", fields.texts("accounts")}, {"sources", fields.texts("sources")}};
  fields.no_others();
  const auto count = selections[0].second.size() + selections[1].second.size();
  if (count == 0 || count > most_names)
    fields.refuse("accounts", "accounts and sources must name 1 to 1000 together");
  if (fields.error()) return error_response(*fields.error());
  for (const auto& name : selections[0].second) {
    if (auto refusal = refuse(parts, request, "accounts", name)) return *std::move(refusal);
  }
  json::array rows;
  std::size_t unlocked = 0;
  for (const auto& [kind, names] : selections) {
    for (const auto& name : names) {
      const bool done = unlock(parts, request, kind, name);
      unlocked += done ? 1 : 0;
      rows.push_back({{"kind", kind}, {"name", name}, {"unlocked", done}});
    }
  }
  return http::json_response(200, json::object{{"unlocked", unlocked}, {"rows", std::move(rows)}});
}

}  // namespace

void add_lockout_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const auto route = [&](const char* method, const char* pattern, const char* summary, Work work) {
    router.add_plain(method, pattern, {"accounts"}, summary,
                     [&parts, work](const Request& request) { return work(parts, request); });
  };
  route("GET", "/api/v1/lockouts", "Accounts and addresses that are locked", show);
  route("DELETE", "/api/v1/lockouts/{kind}/{name}", "Unlocks an account or an address", unlock_one);
  route("POST", "/api/v1/lockouts/removal", "Unlocks a selection of accounts and addresses", unlock_several);
}

}  // namespace watchrig::api
