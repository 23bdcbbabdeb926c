#pragma once

#include <optional>
#include <string>

#include "system/api/etag.hpp"
#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// What a client sees of a view, group, map or icon: id, name and content, without the channels that the
/// caller may not see or that are gone.
boost::json::object to_json(ServerParts& parts, const http::Request& request, const central::Layout& layout);

/// A map is touched only by who looks after its area: not_found for others.
central::FieldResult<void> check_own(ServerParts& parts, const http::Request& request,
                                     const central::Layout& layout);
/// A map is there for those who may do something in its area, or to something that is on it. Errors:
/// not_found.
base::Result<central::Layout> find_seen(ServerParts& parts, const http::Request& request,
                                        central::LayoutKind kind, const std::string& id);

/// The routes that all kinds have in common: list and add at `path`, read, change and remove at
/// `path/{param}`. A body is `name`, for views and their groups `group`, and the members of the content.
struct LayoutRoutes {
  central::LayoutKind kind;
  std::string path;       ///< "/api/v1/views"
  std::string param;      ///< "view"
  std::string list_name;  ///< "views"
  http::Guard reading;
  http::Guard changing;
  std::string what;  ///< "a view", for the description
};
void add_layout_routes(http::Router& router, ServerParts& parts, const LayoutRoutes& routes);

}  // namespace watchrig::api
