#include "system/api/gate.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "system/api/audit.hpp"
#include "system/api/place_requests.hpp"

namespace watchrig::api {
namespace {

using http::Request;
using http::Response;
using http::Route;

constexpr std::string_view scheme = "Bearer ";
constexpr std::string_view logs = "logs";

std::string token_of(const Route& route, const Request& request) {
  if (const auto header = request.headers.find("authorization"); header != request.headers.end()) {
    return header->second.starts_with(scheme) ? header->second.substr(scheme.size()) : std::string();
  }
  return route.socket ? request.query_value("access_token").value_or("") : std::string();
}

Response unauthenticated() {
  Response response = http::error_response(
      401, "unauthenticated", {},
      "nobody is signed in by this token: POST /api/v1/sessions with username and password, then send "
      "\"Authorization: Bearer TOKEN\"");
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"watchrig\"");
  return response;
}

Response denied(ServerParts& parts, const Route& route, const Request& request) {
  tell_refused(parts, route, request, "denied");
  return http::error_response(
      403, "denied", {},
      fmt::format("your group lacks the authority \"{}\"; the administrator grants it", route.guard.right));
}

/// A token is good from where it was given only.
void tell_stolen(ServerParts& parts, const Request& request, const central::Session& session) {
  central::Event event;
  event.type = "session.hijacked";
  event.account = session.account;
  event.result = "denied";
  event.message = fmt::format("the token of session {} of \"{}\", signed in from {}, was used from {}",
                              session.id, session.account, session.source, request.source());
  tell(parts, request, std::move(event));
}

Response nothing_there(std::string_view what, const std::string& id) {
  return http::error_response(404, "not_found", {}, fmt::format("there is no {} \"{}\"", what, id));
}

/// What is in another area than the caller's does not exist for them, whether it is there or not: where they
/// have the right that is needed, or look after devices when that is not one for areas.
std::optional<Response> refuse_place(ServerParts& parts, const Request& request, std::string_view right) {
  auto authority = central::authority_from(right).value_or(central::Authority::devices);
  if (scope_of(authority) != central::Scope::areas) authority = central::Authority::devices;
  if (const auto device = request.params.find("device"); device != request.params.end()) {
    if (!check_device(parts, request, device->second, authority))
      return nothing_there("device", device->second);
  }
  if (const auto area = request.params.find("area"); area != request.params.end()) {
    if (!check_area(parts, request, area->second)) return nothing_there("area", area->second);
  }
  return std::nullopt;
}

/// Of what is for the whole server and names places everywhere, to an account that is kept to some.
std::optional<Response> refuse_kept(const Route& route) {
  const bool is_log = route.guard.right == logs;
  if (!is_log && route.pattern != metrics_path) return std::nullopt;
  return http::error_response(
      403, "denied", {},
      fmt::format("{} tell of all areas, and your account is kept to some: read {}, "
                  "which tells of those",
                  is_log ? "logs" : "metrics", is_log ? "/api/v1/events" : "/api/v1/channels"));
}

Response unconfirmed() {
  return http::error_response(403, "confirmation_needed", {},
                              "your password is needed once more: PUT /api/v1/sessions/current/confirmation");
}

/// `channel` where the route is about one.
bool may(const central::Rights& rights, std::string_view right, const std::optional<std::string>& channel) {
  if (right == signed_in || rights.is_everything()) return true;
  const auto authority = central::authority_from(right);
  if (!authority) return false;
  return channel ? rights.may(*authority, *channel) : rights.may(*authority);
}

}  // namespace

std::optional<Response> refuse_uninitialised(const central::Accounts& accounts) {
  if (accounts.initialised()) return std::nullopt;
  return http::error_response(
      403, "uninitialised", {},
      "the server is fresh: POST /api/v1/initialisation with password, password_again, "
      "email and licence_accepted first");
}

namespace {

/// Compared in constant time, so that nothing can be learned of it by trying.
bool is_scrape_token(const ServerParts& parts, const std::string& token) {
  const auto wanted = parts.central.settings().text("metrics", "token");
  return !wanted.empty() && token.size() == wanted.size() &&
         CRYPTO_memcmp(token.data(), wanted.data(), token.size()) == 0;
}

/// A misspelt condition must not do to everything what was meant for a part.
std::optional<Response> refuse_unknown_query(const Route& route, const Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name.empty() && value.empty()) continue;  // "?" and nothing behind it
    if (std::ranges::find(route.query, name, &http::QueryParameter::name) != route.query.end()) continue;
    if (route.socket && name == "access_token") continue;
    std::vector<std::string> known;
    for (const auto& parameter : route.query) known.push_back(parameter.name);
    return http::error_response(
        400, "invalid", name,
        known.empty() ? fmt::format("{} {} has no query parameters", route.method, route.pattern)
                      : fmt::format("{} {} has the query parameters {}", route.method, route.pattern,
                                    fmt::join(known, ", ")));
  }
  return std::nullopt;
}

/// Whether the caller may use the route at all; puts who it is into the request.
std::optional<Response> refuse_caller(ServerParts& parts, const Route& route, Request& request) {
  if (route.guard.right == everybody) return std::nullopt;
  if (auto refusal = refuse_uninitialised(parts.central.accounts())) return refusal;
  const auto token = token_of(route, request);
  if (route.pattern == metrics_path && is_scrape_token(parts, token)) return std::nullopt;
  const auto [session, stolen] = parts.central.sign_in().sessions.use(token, request.source());
  if (stolen) tell_stolen(parts, request, *session);
  if (!session || stolen) return unauthenticated();
  request.account = session->account;
  request.session = session->id;
  const auto rights = parts.central.accounts().rights(session->account);
  if (const auto channel = request.params.find("channel"); channel != request.params.end()) {
    if (const auto known = parts.central.registry().find_channel(channel->second))
      channel->second = known->channel->id;
    if (!rights->sees(channel->second)) return nothing_there("channel", channel->second);
    if (!may(*rights, route.guard.right, channel->second)) return denied(parts, route, request);
  } else if (!may(*rights, route.guard.right, std::nullopt)) {
    return denied(parts, route, request);
  }
  if (auto refusal = refuse_place(parts, request, route.guard.right)) return refusal;
  if (rights->is_kept_to_areas()) {
    if (auto refusal = refuse_kept(route)) return refusal;
  }
  if (route.guard.confirmed && session->confirmed_until <= parts.clock.now()) return unconfirmed();
  return std::nullopt;
}

}  // namespace

http::Gate make_gate(ServerParts& parts) {
  return [&parts](const Route& route, Request& request) -> std::optional<Response> {
    if (auto refusal = refuse_caller(parts, route, request)) return refusal;
    // Where nobody is known nothing is lost by a parameter more, as browsers and monitors add them.
    if (route.guard.right == everybody) return std::nullopt;
    return refuse_unknown_query(route, request);
  };
}

}  // namespace watchrig::api
