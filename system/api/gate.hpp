#pragma once

#include <optional>

#include "system/central/accounts/sign_in.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// Lets through who has signed in, and everybody where a route is open; while the server is not initialised,
/// nobody but to open routes. A WebSocket may give its token as `access_token` in the query, because browsers
/// set no header there (RFC 6750, 2.3). Both outlive the gate.
http::Gate make_gate(central::Accounts& accounts, central::SignIn& sign_in);

/// The answer of a server that is not initialised; nothing when it is.
std::optional<http::Response> refuse_uninitialised(const central::Accounts& accounts);

}  // namespace watchrig::api
