#pragma once

#include <optional>
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

/// What a wrong password says to the log, whatever it was asked for.
void tell_refused(ServerParts& parts, const http::Request& request, const std::string& name,
                  const central::SignIn::Refused& refused);

http::Response to_response(const central::SignIn::Refused& refused);

/// Who is not an administrator makes none, and touches none: neither one of the group nor that user.
inline std::optional<http::Response> refuse_administrators(ServerParts& parts, const http::Request& request,
                                                           const std::string& group,
                                                           const std::string& user) {
  if (parts.central.accounts().rights(request.account)->is_everything()) return std::nullopt;
  if (group != central::Accounts::administrators && !parts.central.accounts().rights(user)->is_everything())
    return std::nullopt;
  return http::error_response(403, "denied", {}, "only an administrator looks after administrators");
}

}  // namespace watchrig::api
