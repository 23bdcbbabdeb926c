#pragma once

#include <string>

#include "system/http/http_message.hpp"

namespace watchrig::api {

/// Why a request failed, as its answer tells a person.
std::string reason_of(const http::Response& response);

}  // namespace watchrig::api
