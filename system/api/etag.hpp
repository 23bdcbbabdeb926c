#pragma once

#include <cstdint>

#include "system/central/field_error.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// The answer with the revision of what it shows as its ETag (RFC 9110, 8.8.3).
http::Response with_etag(http::Response response, std::int64_t revision);

/// Whether the request's If-Match, if there is one, names this revision. Error: of the field If-Match,
/// which is answered 412.
central::FieldResult<void> check_if_match(const http::Request& request, std::int64_t revision);

}  // namespace watchrig::api
