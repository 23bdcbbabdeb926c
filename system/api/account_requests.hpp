#pragma once

#include <string>

#include "system/api/audit.hpp"

namespace watchrig::api {

/// An event about an account; before anybody is signed in, it is the account's own.
inline void tell_account(ServerParts& parts, std::string type, const http::Request& request,
                         const std::string& account, std::string message, boost::json::object data = {}) {
  central::Event event;
  event.type = std::move(type);
  event.message = std::move(message);
  event.data = std::move(data);
  event.data["account"] = account;
  if (request.account.empty()) event.account = account;
  if (event.type == "account.refused" || event.type == "account.locked") event.result = "denied";
  tell(parts, request, std::move(event));
}

/// A handler whose work hashes passwords.
inline http::Handler on_hashers(ServerParts& parts,
                                http::Response (*work)(ServerParts&, const http::Request&)) {
  return [&parts, work](http::Request request) {
    return parts.hashers.run([&parts, work, request = std::move(request)] { return work(parts, request); });
  };
}

}  // namespace watchrig::api
