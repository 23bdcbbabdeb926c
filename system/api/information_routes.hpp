#pragma once

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// What the server has to tell its operators, and its clearing.
void add_information_routes(http::Router& router, ServerParts& parts);

}  // namespace watchrig::api
