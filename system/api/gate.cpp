#include "system/api/gate.hpp"

namespace watchrig::api {
namespace {

using http::Request;
using http::Response;
using http::Route;

constexpr std::string_view scheme = "Bearer ";

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

}  // namespace

std::optional<Response> refuse_uninitialised(const central::Accounts& accounts) {
  if (accounts.initialised()) return std::nullopt;
  return http::error_response(
      403, "uninitialised", {},
      "the server is fresh: POST /api/v1/initialisation with password, password_again, "
      "email and licence_accepted first");
}

http::Gate make_gate(central::Accounts& accounts, central::SignIn& sign_in) {
  return [&accounts, &sign_in](const Route& route, Request& request) -> std::optional<Response> {
    if (route.open) return std::nullopt;
    if (auto refusal = refuse_uninitialised(accounts)) return refusal;
    const auto session = sign_in.sessions.use(token_of(route, request));
    if (!session) return unauthenticated();
    request.account = session->account;
    request.session = session->id;
    return std::nullopt;
  };
}

}  // namespace watchrig::api
