#pragma once

#include <string>

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// Logs what a request does, with who asked and from which address.
void tell(ServerParts& parts, const http::Request& request, central::Event event);

/// The same about no channel; `data` may hold the object, `before` and `after`.
void tell(ServerParts& parts, const http::Request& request, std::string type, std::string message,
          boost::json::object data = {});

/// The same about a change of `data`'s object: `before` and `after` have what differs between them, of lists
/// the entries (at most 50); an empty one was not there, or is there no more.
void tell_change(ServerParts& parts, const http::Request& request, std::string type, std::string message,
                 boost::json::object data, const boost::json::object& before,
                 const boost::json::object& after);
/// Puts the two into the data of an event.
void add_difference(boost::json::object& data, const boost::json::object& before,
                    const boost::json::object& after);

/// Makes every request that changes something, or takes recordings away, leave an entry in the operation log:
/// what its handler told, or else `operation.done`, or `operation.refused` with the code of the error. Never
/// the request's body. After all routes were added.
void audit(http::Router& router, ServerParts& parts);

/// A request that the gate has refused, if it would have changed something.
void tell_refused(ServerParts& parts, const http::Route& route, const http::Request& request,
                  std::string_view code);

}  // namespace watchrig::api
