#pragma once

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"
#include "system/platform/message_bus.hpp"

namespace watchrig::api {

inline constexpr const char* client_role = "cu";  ///< in the trace

/// Has the trace know that a client (`cu`, CU of H.626.4) asks central so, under the name of its request.
/// Returns what its answer is noted by.
platform::Message note_question(ServerParts& parts, const http::Request& request, platform::Message message);

/// Notes of the routes that are there what clients ask of recordings and heads, each with what became of it:
/// nvr_playback_query, nvr_download_record, pu_playback_query, pu_download_record and ptz_control of H.626.4.
/// Live video comes by a socket or RTSP, and is noted there.
void note_clients(http::Router& router, ServerParts& parts);

}  // namespace watchrig::api
