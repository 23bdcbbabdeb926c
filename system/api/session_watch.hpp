#pragma once

#include <functional>
#include <string>

#include "system/api/server_parts.hpp"
#include "system/http/websocket.hpp"

namespace watchrig::api {

/// How long a stream may go on after its sign-in has ended, by logout, block or idleness, or lost its right,
/// or the access filter refuses its host; model time.
inline constexpr base::Duration session_check = std::chrono::seconds(2);

/// Whether the account is still signed in by the session and holds the right, for the channel where one is
/// named. Who watches live video, talks, or takes a recording away is not idle; who has events sent is, since
/// every client does that.
bool still_may(ServerParts& parts, const std::string& session, const std::string& account,
               central::Authority right, const std::string& channel);

/// Whether the caller of a route that asks for this right may have what it was answered still; for
/// http::Response::wanted. The parts outlive it.
std::function<bool()> while_allowed(ServerParts& parts, const http::Request& request,
                                    central::Authority right);

/// Closes the socket of a route that asks for this right once its caller may not have it any more.
void watch_session(ServerParts& parts, const http::Request& request, http::WebSocket socket,
                   central::Authority right);

}  // namespace watchrig::api
