#pragma once

#include <cstdint>
#include <string>

#include <boost/json/object.hpp>

#include "system/central/field_error.hpp"
#include "system/http/http_message.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// The answer with the revision of what it shows as its ETag (RFC 9110, 8.8.3).
http::Response with_etag(http::Response response, std::int64_t revision);

/// The same with one that follows from the facts, which leave out what changes by itself.
http::Response with_etag(http::Response response, const boost::json::object& facts);

/// Whether the request's If-Match, if there is one, names this revision. Error: of the field If-Match,
/// which is answered 412.
central::FieldResult<void> check_if_match(const http::Request& request, std::int64_t revision);

/// Whether keep_versions() is about the route.
bool has_version(const http::Route& route);

/// Gives each JSON answer to GET that has no ETag one that follows from its bytes, answers If-None-Match with
/// 304, and does a PUT, PATCH, POST or DELETE with If-Match only when this names the ETag that a GET of the
/// same path, without a query, has now, or where there is no such GET, of the nearest path above it; else
/// 412. Those with If-Match, and PUT, PATCH and DELETE of the very path, take turns, so that of two who have
/// read the same one is refused. What commands a device is no configuration and has no version.
void keep_versions(http::Router& router);

}  // namespace watchrig::api
