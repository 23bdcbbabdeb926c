#pragma once

#include <string>

#include "system/api/server_parts.hpp"
#include "system/http/router.hpp"

namespace watchrig::api {

/// An event about an account, with the address of who asked for it.
inline void tell_account(ServerParts& parts, std::string type, const http::Request& request,
                         const std::string& account, std::string message) {
  parts.events.append({0,
                       {},
                       std::move(type),
                       {},
                       {},
                       {},
                       std::move(message),
                       {{"account", account}, {"source", request.source()}, {"by", request.account}}});
}

/// A handler whose work hashes passwords.
inline http::Handler on_hashers(ServerParts& parts,
                                http::Response (*work)(ServerParts&, const http::Request&)) {
  return [&parts, work](http::Request request) {
    return parts.hashers.run([&parts, work, request = std::move(request)] { return work(parts, request); });
  };
}

}  // namespace watchrig::api
