// Accounts for clients that take this server for an ONVIF device (IVSS 8.7.4).
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::OnvifUser;
using http::Request;
using http::Response;
using protocols::UserLevel;

namespace {

const http::Guard reading{"accounts"};
const http::Guard changing{"accounts", true};

json::object to_json(const central::OnvifGroup& group) {
  json::array access, authorities;
  for (const auto one : protocols::access_of(group.level)) access.emplace_back(to_string(one));
  for (const auto one : group.authorities) authorities.emplace_back(to_string(one));
  return {{"name", group.name},
          {"level", to_string(group.level)},
          {"fixed", true},
          {"access", std::move(access)},
          {"authorities", std::move(authorities)}};
}

json::object to_json(const OnvifUser& user) {
  json::object object{{"name", user.name},
                      {"group", central::onvif_group_of(user.level).name},
                      {"description", user.description},
                      {"has_password", user.has_password}};
  if (user.password_lost) object["password_lost"] = true;
  return object;
}

Response list_groups() {
  json::array groups;
  for (const auto& group : central::onvif_groups()) groups.push_back(to_json(group));
  return http::json_response(200, json::object{{"groups", std::move(groups)}});
}

Response fixed_groups() {
  return http::error_response(
      403, "denied", {}, "ONVIF has the groups admin, operator and user: none is added and none is removed");
}

Response remove_group(const Request& request) {
  const auto name = request.param("group");
  if (central::find_onvif_group(name)) return fixed_groups();
  return http::error_response(404, "not_found", {}, fmt::format("there is no ONVIF group \"{}\"", name));
}

Response list_users(ServerParts& parts) {
  json::array users;
  for (const auto& user : parts.central.onvif_accounts().users()) users.push_back(to_json(user));
  return http::json_response(200, json::object{{"users", std::move(users)}});
}

Response no_user(const std::string& name) {
  return http::error_response(404, "not_found", {}, fmt::format("there is no ONVIF user \"{}\"", name));
}

Response show_user(ServerParts& parts, const Request& request) {
  const auto user = parts.central.onvif_accounts().find(request.param("user"));
  return user ? http::json_response(200, to_json(*user)) : no_user(request.param("user"));
}

/// Nobody makes, or gets hold of, an account that may do more than they: a client of it sees every channel.
std::optional<Response> refuse_level(ServerParts& parts, const Request& request, UserLevel level) {
  const auto own = parts.central.accounts().rights(request.account);
  for (const auto authority : central::onvif_group_of(level).authorities) {
    if (own->may_everywhere(authority)) continue;
    return http::error_response(
        403, "denied", "group",
        fmt::format("members of this ONVIF group have the authority \"{}\" for everything, which you lack",
                    to_string(authority)));
  }
  return std::nullopt;
}

/// The user of the route, if there is one that the caller may touch.
boost::system::result<OnvifUser, Response> touched_user(ServerParts& parts, const Request& request) {
  const auto name = request.param("user");
  auto user = parts.central.onvif_accounts().find(name);
  if (!user) return no_user(name);
  if (auto refusal = refuse_level(parts, request, user->level)) return *std::move(refusal);
  return *std::move(user);
}

UserLevel read_level(FieldReader& fields) {
  const auto name = fields.text("group");
  const auto* group = central::find_onvif_group(name);
  if (group) return group->level;
  fields.refuse("group", "must be admin, operator or user: nobody is under ONVIF itself");
  return UserLevel::user;
}

void tell_user(ServerParts& parts, const Request& request, const char* type, const std::string& name,
               std::string_view what, json::object data = {}) {
  data["user"] = name;
  tell(parts, request, type, fmt::format("ONVIF user \"{}\" {} by \"{}\"", name, what, request.account),
       std::move(data));
}

Response add_user(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  OnvifUser user{fields.text("name"), read_level(fields), fields.text("description", "")};
  const auto password = fields.text("password");
  const auto again = fields.text("password_again");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  if (auto refusal = refuse_level(parts, request, user.level)) return *std::move(refusal);
  if (const auto added = parts.central.onvif_accounts().add(user, password, again); !added)
    return error_response(added.error());
  user.has_password = true;
  tell_user(parts, request, "onvif.user-added", user.name, "was added", {{"after", to_json(user)}});
  return http::json_response(201, to_json(user));
}

Response change_user(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto level = read_level(fields);
  const auto description = fields.text("description", "");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto before = touched_user(parts, request);
  if (!before) return before.error();
  if (auto refusal = refuse_level(parts, request, level)) return *std::move(refusal);
  OnvifUser user = *before;
  user.level = level;
  user.description = description;
  if (const auto changed = parts.central.onvif_accounts().change(user); !changed)
    return error_response(changed.error());
  tell_user(parts, request, "onvif.user-changed", user.name, "was changed",
            {{"before", to_json(*before)}, {"after", to_json(user)}});
  return http::json_response(200, to_json(user));
}

Response set_password(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto password = fields.text("password");
  const auto again = fields.text("password_again");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto user = touched_user(parts, request);
  if (!user) return user.error();
  if (const auto set = parts.central.onvif_accounts().set_password(user->name, password, again); !set)
    return error_response(set.error());
  tell_user(parts, request, "onvif.password-changed", user->name, "got another password");
  return http::no_content();
}

Response remove_user(ServerParts& parts, const Request& request) {
  const auto user = touched_user(parts, request);
  if (!user) return user.error();
  if (const auto removed = parts.central.onvif_accounts().remove(user->name); !removed)
    return http::error_response(removed.error());
  tell_user(parts, request, "onvif.user-removed", user->name, "was removed", {{"before", to_json(*user)}});
  return http::no_content();
}

}  // namespace

void add_onvif_account_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const auto plainly = [&parts](Work work) {
    return [&parts, work](const Request& request) { return work(parts, request); };
  };
  router.add_plain("GET", "/api/v1/onvif/groups", reading, "The three groups of ONVIF, and what they may do",
                   [](const Request&) { return list_groups(); });
  router.add_plain("POST", "/api/v1/onvif/groups", changing, "Refused: the groups of ONVIF are fixed",
                   [](const Request&) { return fixed_groups(); });
  router.add_plain("DELETE", "/api/v1/onvif/groups/{group}", changing,
                   "Refused: the groups of ONVIF are fixed", remove_group);
  router.add_plain("GET", "/api/v1/onvif/users", reading, "The accounts of ONVIF clients",
                   [&parts](const Request&) { return list_users(parts); });
  router.add_plain("POST", "/api/v1/onvif/users", changing, "Adds a user to a group of ONVIF",
                   plainly(add_user));
  router.add_plain("GET", "/api/v1/onvif/users/{user}", reading, "One account of ONVIF clients",
                   plainly(show_user));
  router.add_plain("PUT", "/api/v1/onvif/users/{user}", changing,
                   "Changes group and description of an ONVIF user", plainly(change_user));
  router.add_plain("PUT", "/api/v1/onvif/users/{user}/password", changing,
                   "Sets the password of an ONVIF user", plainly(set_password));
  router.add_plain("DELETE", "/api/v1/onvif/users/{user}", changing,
                   "Removes an ONVIF user, who is not admin", plainly(remove_user));
}

}  // namespace watchrig::api
