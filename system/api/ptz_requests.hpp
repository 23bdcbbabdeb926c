#pragma once

#include <map>
#include <string>

#include "system/api/ptz_desk.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/server_parts.hpp"

namespace watchrig::api {

inline constexpr int slowest_ptz = 1, fastest_ptz = 8;

/// The member `speed`, 1 to 8 (8 when it is missing), as a part of the fastest.
double read_ptz_speed(FieldReader& fields);
/// A number of presets, tours and so on: 1 to 128. Errors: invalid, full (larger), with the field.
central::FieldResult<unsigned> ptz_number_of(const http::Request& request, const std::string& name);

/// What a member `direction` names: "left", "up-right", "zoom-in" and so on. Refuses others.
devices::PtzVector read_ptz_direction(FieldReader& fields);

/// Gives a camera with a head to the caller, as the log tells. Nothing when it is theirs; the answer that
/// refuses it: it has no head, somebody has it who is not to be taken over.
boost::asio::awaitable<std::optional<http::Response>> take_ptz(ServerParts& parts, http::Request request);

/// Takes the camera for the caller and gives the command; 204, or what is refused or failed.
boost::asio::awaitable<http::Response> command_ptz(ServerParts& parts, http::Request request,
                                                   std::string command, PtzDesk::Work<void> work,
                                                   PtzMovement movement);
/// What the head of the request's channel is told because of it.
PtzOrder ptz_order(const http::Request& request, std::string command);

/// A camera's presets by number.
using PtzPresets = std::map<unsigned, devices::PtzPreset>;
boost::asio::awaitable<base::Result<PtzPresets>> ptz_presets_of(ServerParts& parts, std::string channel);
/// Keeps where the head points as the preset of the request, by the `name` of its body; removes it; leads the
/// head there, at the `speed` of its body.
boost::asio::awaitable<http::Response> save_ptz_preset(ServerParts& parts, http::Request request);
boost::asio::awaitable<http::Response> remove_ptz_preset(ServerParts& parts, http::Request request);
boost::asio::awaitable<http::Response> call_ptz_preset(ServerParts& parts, http::Request request);

/// 204, or what the head has answered.
http::Response ptz_response(const base::Result<>& done);
/// The same of an error.
http::Response ptz_refusal(const base::Error& error);

}  // namespace watchrig::api
