#pragma once

#include <string>

#include "system/http/http_message.hpp"

namespace watchrig::api {

/// The name of a request, under which the message trace has what follows from it. That of the thread
/// (base::correlation) is there for handlers alone, not for what WebSockets and other executors do for them.
inline std::string trace_name(const http::Request& request) {
  const auto name = request.headers.find("x-request-id");
  return name == request.headers.end() ? std::string() : name->second;
}

}  // namespace watchrig::api
