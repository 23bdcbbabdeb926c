// The users of the device service (ONVIF Core 8.4), which are the ONVIF accounts of the server.
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/onvif_face/onvif_face.hpp"
#include "system/central/accounts/password.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::ErrorKind;
using central::OnvifUser;
using protocols::add;
using protocols::child;
using protocols::children;
using protocols::refuse;
using protocols::SoapCall;
using protocols::SoapOutcome;
using protocols::text_at;
using protocols::UserLevel;

namespace {

struct NamedUser {
  OnvifUser user;
  std::string password = {};  ///< empty: not given
};

SoapOutcome users(const ServerParts& parts, SoapCall& call) {
  for (const auto& user : parts.central.onvif_accounts().users()) {
    auto node = add(call.answer, "tds:User");
    add(node, "tt:Username", user.name);
    add(node, "tt:UserLevel", to_string(user.level));
  }
  return {};
}

SoapOutcome to_fault(const central::FieldError& error) {
  const auto& [kind, message] = error.error;
  const auto reason = error.field.empty() ? message : fmt::format("{} {}", error.field, message);
  switch (kind) {
    case ErrorKind::not_found:
      return refuse({"ter:InvalidArgVal", "ter:UsernameMissing"}, reason);
    case ErrorKind::conflict:
      return refuse({"ter:OperationProhibited", "ter:UsernameClash"}, reason);
    case ErrorKind::full:
      return refuse({"ter:Action", "ter:TooManyUsers"}, reason);
    case ErrorKind::denied:
      return refuse({"ter:InvalidArgVal", "ter:FixedUser"}, reason);
    case ErrorKind::invalid:
      if (error.field == "password")
        return refuse({"ter:OperationProhibited", "ter:PasswordTooWeak"}, message);
      return refuse({"ter:InvalidArgVal"}, reason);
    default:
      return protocols::SoapFault{protocols::SoapFault::Blame::receiver, {"ter:Action"}, reason};
  }
}

/// The users of a request, or the fault.
SoapOutcome read_users(const SoapCall& call, std::vector<NamedUser>& found) {
  for (const auto& node : children(call.request, "User")) {
    const auto level = protocols::user_level_from(text_at(node, "UserLevel"));
    if (!level) {
      return refuse({"ter:InvalidArgVal", "ter:AnonymousNotAllowed"},
                    "a user level is Administrator, Operator or User");
    }
    NamedUser named{{text_at(node, "Username"), *level, {}}, child(node, "Password").text().get()};
    found.push_back(std::move(named));
  }
  if (found.size() == 1) return {};
  // Else all or none would have to be done (ONVIF Core 8.4.4), of several writes to the disk.
  return refuse({"ter:InvalidArgVal"}, "one user at a time");
}

json::object facts_of(const OnvifUser& user) {
  return {{"name", user.name}, {"group", central::onvif_group_of(user.level).name}};
}

void tell(ServerParts& parts, const SoapCall& call, const char* type, const std::string& name,
          std::string_view what, const json::object& before = {}, const json::object& after = {}) {
  central::Event event;
  event.type = type;
  event.account = onvif_account(call.user);
  event.source = call.source;
  event.correlation = call.correlation;
  event.message = fmt::format("ONVIF user \"{}\" {} by ONVIF as \"{}\"", name, what, call.user);
  event.data["user"] = name;
  add_difference(event.data, before, after);
  parts.central.events().append(std::move(event));
}

SoapOutcome create(ServerParts& parts, SoapCall& call) {
  std::vector<NamedUser> found;
  if (auto wrong = read_users(call, found)) return wrong;
  const auto& [user, password] = found.front();
  if (const auto added = parts.central.onvif_accounts().add(user, password, password); !added)
    return to_fault(added.error());
  tell(parts, call, "onvif.user-added", user.name, "was added", {}, facts_of(user));
  return {};
}

SoapOutcome change(ServerParts& parts, SoapCall& call) {
  std::vector<NamedUser> found;
  if (auto wrong = read_users(call, found)) return wrong;
  auto& [user, password] = found.front();
  auto& accounts = parts.central.onvif_accounts();
  const auto known = accounts.find(user.name);
  if (known) user.description = known->description;
  // The password may be refused for what it is, so it comes first: a refusal leaves all as it was.
  if (!password.empty()) {
    if (user.name == central::OnvifAccounts::administrator && user.level != UserLevel::administrator)
      return to_fault(accounts.change(user).error());
    if (const auto set = accounts.set_password(user.name, password, password); !set)
      return to_fault(set.error());
    tell(parts, call, "onvif.password-changed", user.name, "got another password");
  }
  if (const auto changed = accounts.change(user); !changed) return to_fault(changed.error());
  tell(parts, call, "onvif.user-changed", user.name, "was changed", known ? facts_of(*known) : json::object(),
       facts_of(user));
  return {};
}

SoapOutcome remove(ServerParts& parts, SoapCall& call) {
  const auto names = children(call.request, "Username");
  if (names.size() != 1) return refuse({"ter:InvalidArgVal"}, "one user at a time");
  const auto name = text_at(call.request, "Username");
  const auto known = parts.central.onvif_accounts().find(name);
  if (const auto removed = parts.central.onvif_accounts().remove(name); !removed)
    return to_fault({{}, removed.error()});
  tell(parts, call, "onvif.user-removed", name, "was removed", known ? facts_of(*known) : json::object());
  return {};
}

}  // namespace

std::vector<protocols::SoapOperation> onvif_user_operations(ServerParts& p) {
  using A = protocols::AccessClass;
  return {
      {"GetUsers", A::read_system_secret, [&p](SoapCall& c) { return users(p, c); }},
      {"CreateUsers", A::write_system, [&p](SoapCall& c) { return create(p, c); }},
      {"SetUser", A::write_system, [&p](SoapCall& c) { return change(p, c); }},
      {"DeleteUsers", A::write_system, [&p](SoapCall& c) { return remove(p, c); }},
  };
}

}  // namespace watchrig::api
