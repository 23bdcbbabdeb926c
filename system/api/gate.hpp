#pragma once

#include <optional>

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// Rights of routes beside the names of central::Authority.
inline constexpr const char* everybody = "everybody";
inline constexpr const char* signed_in = "signed in";

/// For Prometheus, which may bring the token of the settings in place of a session's.
inline constexpr const char* metrics_path = "/metrics";

/// Every route but those for everybody needs a session, and the right that its guard names; of a route with
/// {channel} also for that channel, which may be named and is put into the request by its id. A channel that
/// the caller must not see is answered as one that does not exist. While the server is not initialised, only
/// routes for everybody answer. A WebSocket may give its token as `access_token` in the query, because
/// browsers set no header there (RFC 6750, 2.3). Parameters of the query that the route does not describe are
/// refused.
http::Gate make_gate(ServerParts& parts);

/// Whether the gate has found out who asks.
inline bool is_signed_in(const http::Request& request) { return !request.account.empty(); }

/// The answer of a server that is not initialised; nothing when it is.
std::optional<http::Response> refuse_uninitialised(const central::Accounts& accounts);

}  // namespace watchrig::api
