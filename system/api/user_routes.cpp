#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/account_requests.hpp"
#include "system/api/etag.hpp"
#include "system/api/gate.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr std::int64_t default_block = 30;  // minutes, IVSS 9.2
constexpr std::int64_t longest_block = 24 * 60;
const http::Guard reading{"accounts"};
const http::Guard changing{"accounts", true};

json::object to_json(const central::Group& group) {
  return {{"name", group.name}, {"fixed", group.fixed}, {"authorities", central::to_json(group.grants)}};
}

Response list_groups(ServerParts& parts) {
  json::array list;
  for (const auto& group : parts.central.accounts().groups()) list.push_back(to_json(group));
  return http::json_response(200, json::object{{"groups", std::move(list)}});
}

std::optional<central::Group> find_group(ServerParts& parts, const std::string& name) {
  for (auto& group : parts.central.accounts().groups()) {
    if (group.name == name) return std::move(group);
  }
  return std::nullopt;
}

bool holds(const central::Rights& own, central::Authority authority, const central::Areas& areas) {
  return std::ranges::all_of(areas, [&](std::int64_t area) { return own.may_in(authority, area); });
}

/// Whether one who has `own` may hand out the authority with that reach, to somebody who is kept to `areas`.
bool holds(const central::Rights& own, central::Authority authority,
           const std::optional<central::Reach>& reach, const central::Areas& areas) {
  if (own.may_everywhere(authority)) return true;
  if (central::scope_of(authority) == central::Scope::server) return false;
  if (!areas.empty() && holds(own, authority, areas)) return true;
  return reach && holds(own, authority, reach->areas) &&
         std::ranges::all_of(reach->channels,
                             [&](const auto& channel) { return own.may(authority, channel); });
}

/// Nobody hands out more than they have: else the first who may change accounts could do everything.
std::optional<central::FieldError> beyond(ServerParts& parts, const Request& request,
                                          const central::Grants& grants, const central::Areas& areas = {}) {
  const auto own = parts.central.accounts().rights(request.account);
  for (const auto& [authority, reach] : grants) {
    if (holds(*own, authority, reach, areas)) continue;
    return central::FieldError{fmt::format("authorities.{}", to_string(authority)),
                               {base::ErrorKind::denied, "you cannot grant what you do not have"}};
  }
  return std::nullopt;
}

central::FieldResult<central::Grants> grants_in(ServerParts& parts, BodyFields& fields) {
  auto grants = central::grants_from(fields.object("authorities"));
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (!grants) return grants;
  if (auto error = find_missing(parts, *grants)) return *std::move(error);
  return grants;
}

Response show_group(ServerParts& parts, const Request& request) {
  const auto group = find_group(parts, request.param("group"));
  if (group) return http::json_response(200, to_json(*group));
  return http::error_response(404, "not_found", {},
                              fmt::format("there is no group \"{}\"", request.param("group")));
}

Response add_group(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  central::Group group{fields.text("name"), {}, false};
  const auto grants = grants_in(parts, fields);
  if (!grants) return error_response(grants.error());
  if (const auto error = beyond(parts, request, *grants)) return error_response(*error);
  group.grants = *grants;
  if (const auto added = parts.central.accounts().add_group(group); !added)
    return error_response(added.error());
  tell_account(parts, "account.group-added", request, group.name,
               fmt::format("group \"{}\" was added by \"{}\"", group.name, request.account),
               {{"after", central::to_json(group.grants)}});
  return http::json_response(201, to_json(group));
}

Response change_group(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  fields.require("authorities");  // who forgets them shall not take them all away
  const auto grants = grants_in(parts, fields);
  if (!grants) return error_response(grants.error());
  if (const auto error = beyond(parts, request, *grants)) return error_response(*error);
  const auto name = request.param("group");
  const auto before = find_group(parts, name);
  if (const auto changed = parts.central.accounts().change_group(name, *grants); !changed) {
    return http::error_response(changed.error());
  }
  tell_account(parts, "account.group-changed", request, name,
               fmt::format("the authorities of group \"{}\" were changed by \"{}\"", name, request.account),
               {{"before", central::to_json(before->grants)}, {"after", central::to_json(*grants)}});
  return http::json_response(200, to_json(central::Group{name, *grants, false}));
}

Response remove_group(ServerParts& parts, const Request& request) {
  const auto name = request.param("group");
  const auto before = find_group(parts, name);
  if (const auto removed = parts.central.accounts().remove_group(name); !removed)
    return http::error_response(removed.error());
  tell_account(parts, "account.group-removed", request, name,
               fmt::format("group \"{}\" was removed by \"{}\"", name, request.account),
               {{"before", before ? central::to_json(before->grants) : json::object()}});
  return http::no_content();
}

std::set<std::string> online_accounts(ServerParts& parts) {
  std::set<std::string> names;
  for (const auto& session : parts.central.sign_in().sessions.all()) names.insert(session.account);
  return names;
}

std::optional<central::User> find_user(ServerParts& parts, const std::string& name) {
  for (auto& user : parts.central.accounts().users()) {
    if (user.name == name) return std::move(user);
  }
  return std::nullopt;
}

json::object facts(const central::User& user) {
  json::array areas;
  for (const auto area : user.areas) areas.emplace_back(fmt::format("a{}", area));
  return {{"name", user.name}, {"group", user.group}, {"email", user.email}, {"areas", std::move(areas)}};
}

json::object to_json(const central::User& user, const std::set<std::string>& online) {
  auto object = facts(user);
  object["online"] = online.contains(user.name);
  return object;
}

Response list_users(ServerParts& parts) {
  const auto online = online_accounts(parts);
  json::array list;
  for (const auto& user : parts.central.accounts().users()) list.push_back(to_json(user, online));
  return http::json_response(200, json::object{{"users", std::move(list)}});
}

Response no_user(const std::string& name) {
  return http::error_response(404, "not_found", {}, fmt::format("there is no user \"{}\"", name));
}

/// Its version is of what can be changed, not of who is online.
Response show_user(ServerParts& parts, const Request& request) {
  const auto user = find_user(parts, request.param("user"));
  if (!user) return no_user(request.param("user"));
  return with_etag(http::json_response(200, to_json(*user, online_accounts(parts))), facts(*user));
}

/// Its group with its areas.
std::optional<Response> refuse_group(ServerParts& parts, const Request& request, const central::User& user) {
  const auto group = find_group(parts, user.group);
  if (!group) return std::nullopt;
  if (auto error = beyond(parts, request, group->grants, user.areas))
    return error_response(central::FieldError{"group", error->error});
  return std::nullopt;
}

Response add_user(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const central::User user{fields.text("name"), fields.text("group"), fields.text("email", ""),
                           areas_in(parts, fields)};
  const auto password = fields.text("password");
  const auto again = fields.text("password_again");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (auto refusal = refuse_administrators(parts, request, user.group, {})) return *std::move(refusal);
  if (auto refusal = refuse_group(parts, request, user)) return *std::move(refusal);
  if (const auto added = parts.central.accounts().add_user(user, password, again); !added)
    return error_response(added.error());
  tell_account(
      parts, "account.added", request, user.name,
      fmt::format("user \"{}\" of group \"{}\" was added by \"{}\"", user.name, user.group, request.account),
      {{"after", facts(user)}});
  return http::json_response(201, to_json(user, online_accounts(parts)));
}

Response change_user(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  central::User user{request.param("user"), fields.text("group"), fields.text("email", ""),
                     areas_in(parts, fields)};
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (const auto known = find_user(parts, user.name)) {
    if (!fields.body().contains("areas")) user.areas = known->areas;
    if (!fields.body().contains("email")) user.email = known->email;
  }
  if (auto refusal = refuse_administrators(parts, request, user.group, user.name)) return *std::move(refusal);
  if (auto refusal = refuse_group(parts, request, user)) return *std::move(refusal);
  const auto before = find_user(parts, user.name);
  if (const auto changed = parts.central.accounts().change_user(user); !changed)
    return error_response(changed.error());
  tell_account(parts, "account.changed", request, user.name,
               fmt::format("user \"{}\" was changed by \"{}\"", user.name, request.account),
               {{"before", facts(*before)}, {"after", facts(user)}});
  return http::json_response(200, to_json(user, online_accounts(parts)));
}

/// Who is signed in must be blocked first (IVSS 8.7.2), so that nobody vanishes under somebody's hands.
Response remove_user(ServerParts& parts, const Request& request) {
  const auto name = request.param("user");
  if (auto refusal = refuse_administrators(parts, request, {}, name)) return *std::move(refusal);
  if (name != central::Accounts::administrator && online_accounts(parts).contains(name)) {
    return http::error_response(409, "conflict", {},
                                fmt::format("\"{}\" is online: block the user first", name));
  }
  const auto before = find_user(parts, name);
  if (const auto removed = parts.central.accounts().remove_user(name); !removed)
    return http::error_response(removed.error());
  tell_account(parts, "account.removed", request, name,
               fmt::format("user \"{}\" was removed by \"{}\"", name, request.account),
               {{"before", before ? facts(*before) : json::object()}});
  return http::no_content();
}

/// Ends all sessions of the user but the caller's own.
Response give_password(ServerParts& parts, const Request& request, const std::string& name) {
  BodyFields fields(request);
  const auto password = fields.text("password");
  const auto again = fields.text("password_again");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (const auto set = parts.central.accounts().set_password(name, password, again); !set)
    return error_response(set.error());
  parts.central.sign_in().sessions.close_others(name, name == request.account ? request.session : "");
  tell_account(parts, "account.password-changed", request, name,
               fmt::format("the password of \"{}\" was set by \"{}\"; its {}sessions have ended", name,
                           request.account, name == request.account ? "other " : ""));
  return http::no_content();
}

/// The platform's "channel password" (1.8.6): of the administrator alone.
Response set_channel_password(ServerParts& parts, const Request& request) {
  const std::string administrator(central::Accounts::administrator);
  if (request.account != administrator || request.param("user") != administrator) {
    return http::error_response(403, "denied", "user",
                                "the channel password is that of the account admin, who alone sets it");
  }
  return give_password(parts, request, administrator);
}

Response set_password(ServerParts& parts, const Request& request) {
  if (request.account != central::Accounts::administrator) {
    return http::error_response(403, "denied", {}, "only the account admin sets somebody else's password");
  }
  const auto name = request.param("user");
  if (name == request.account) {
    return http::error_response(403, "denied", {},
                                "one's own password is changed at /api/v1/account/password");
  }
  return give_password(parts, request, name);
}

/// Ends the user's sessions and keeps the account locked for so many minutes (IVSS 9.2).
Response block(ServerParts& parts, const Request& request) {
  const auto minutes = number_of(request, "minutes", default_block, 1, longest_block);
  if (!minutes) return error_response(minutes.error());
  const auto name = request.param("user");
  if (name == request.account || name == central::Accounts::administrator) {
    return http::error_response(403, "denied", {}, "neither yourself nor admin can be blocked");
  }
  if (auto refusal = refuse_administrators(parts, request, {}, name)) return *std::move(refusal);
  if (!find_user(parts, name)) return no_user(name);
  parts.central.sign_in().locked_accounts.lock(name, std::chrono::minutes(*minutes));
  parts.central.sign_in().sessions.close_others(name, {});
  tell_account(parts, "account.blocked", request, name,
               fmt::format("user \"{}\" was blocked for {} min by \"{}\"", name, *minutes, request.account));
  return http::no_content();
}

}  // namespace

void add_user_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const auto plainly = [&parts](Work work) {
    return [&parts, work](const Request& request) { return work(parts, request); };
  };
  router.add_plain("GET", "/api/v1/groups", reading, "All groups with their authorities",
                   [&parts](const Request&) { return list_groups(parts); });
  router.add_plain("POST", "/api/v1/groups", changing, "Adds a group", plainly(add_group));
  router.add_plain("GET", "/api/v1/groups/{group}", reading, "One group", plainly(show_group));
  router.add_plain("PUT", "/api/v1/groups/{group}", changing, "Changes the authorities of a group",
                   plainly(change_group));
  router.add_plain("DELETE", "/api/v1/groups/{group}", changing, "Removes an empty group",
                   plainly(remove_group));
  router.add_plain("GET", "/api/v1/users", reading, "All users, and who is online",
                   [&parts](const Request&) { return list_users(parts); });
  router.add("POST", "/api/v1/users", changing, "Adds a user", on_hashers(parts, add_user));
  router.add_plain("GET", "/api/v1/users/{user}", reading, "One user", plainly(show_user));
  router.add_plain("PUT", "/api/v1/users/{user}", changing,
                   "Changes group, e-mail address and areas of a user", plainly(change_user));
  router.add_plain("DELETE", "/api/v1/users/{user}", changing, "Removes a user who is not online",
                   plainly(remove_user));
  router.add("PUT", "/api/v1/users/{user}/password", changing,
             "Sets a user's password: for the account admin only", on_hashers(parts, set_password));
  router.add("PUT", "/api/v1/users/{user}/channel-password", changing,
             "Sets the password of the account admin, and of nobody else, who alone may do so",
             on_hashers(parts, set_channel_password));
  router
      .add_plain("POST", "/api/v1/users/{user}/block", reading,
                 "Ends a user's sessions and locks the account for a time", plainly(block))
      .query = {{"minutes", "30 without it", "integer"}};
}

}  // namespace watchrig::api
