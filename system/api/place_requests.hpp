#pragma once

#include "system/api/request_fields.hpp"
#include "system/api/server_parts.hpp"

namespace watchrig::api {

/// The member `areas`: those that a user is kept to. Refuses what is no area that there is.
central::Areas areas_in(ServerParts& parts, BodyFields& fields);

/// An area or channel that grants name and that is not there.
std::optional<central::FieldError> find_missing(const ServerParts& parts, const central::Grants& grants);

/// Whether the caller has the authority in the area: to look after devices, unless another is said. For
/// lists: asks for the rights once.
std::function<bool(std::int64_t area)> own_areas(ServerParts& parts, const http::Request& request,
                                                 central::Authority authority = central::Authority::devices);

/// Where a device may be put or an area be made: not_found for an area outside of the caller's, as if it did
/// not exist.
central::FieldResult<void> check_area(ServerParts& parts, const http::Request& request, std::string_view area,
                                      std::string field = "area");
/// The same for a device that is there.
central::FieldResult<void> check_device(ServerParts& parts, const http::Request& request,
                                        std::string_view device,
                                        central::Authority authority = central::Authority::devices);

/// What the log has of an area.
boost::json::object facts_of(const central::Area& area);
/// That it was "added", "changed" or "removed".
void tell_area(ServerParts& parts, const http::Request& request, std::string_view done,
               const central::Area& area, const boost::json::object& before,
               const boost::json::object& after);

/// Nothing for one who looks after all areas.
std::optional<http::Response> refuse_narrowed(ServerParts& parts, const http::Request& request);

}  // namespace watchrig::api
