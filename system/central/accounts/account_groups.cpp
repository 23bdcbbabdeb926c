#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/accounts/account_name.hpp"
#include "system/central/accounts/accounts.hpp"
#include "system/central/accounts/password.hpp"
#include "system/central/mailbox.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

FieldError refuse_email() {
  return {"email", {ErrorKind::invalid, "is no e-mail address; it may be left out"}};
}

Error no_such(std::string_view what, const std::string& name) {
  return {ErrorKind::not_found, fmt::format("there is no {} \"{}\"", what, name)};
}

std::string text_of(const Areas& areas) { return fmt::format("{}", fmt::join(areas, ",")); }

Areas areas_of(std::string_view text) {
  Areas areas;
  for (const auto part : base::split(text, ',')) {
    if (const auto area = base::parse_number<std::int64_t>(part)) areas.insert(*area);
  }
  return areas;
}

FieldError of_server(Error error) { return {{}, std::move(error)}; }

template <class... Values>
Result<> run(platform::SqliteDatabase& database, std::string_view sql, const Values&... values) {
  auto statement = database.prepare(sql);
  if (!statement) return statement.error();
  return statement->bind(values...).run();
}

}  // namespace

Result<> Accounts::load() {
  std::map<std::string, Group> groups;
  std::map<std::string, User> users;
  auto group_rows = database_.prepare("SELECT name, grants, fixed FROM account_group");
  if (!group_rows) return group_rows.error();
  auto row = group_rows->step();
  for (; row && *row; row = group_rows->step()) {
    Group group{group_rows->text(0), {}, group_rows->integer(2) != 0};
    json::error_code failure;
    const auto stored = json::parse(group_rows->text(1), failure);
    const auto grants = stored.is_object() ? grants_from(stored.get_object()) : FieldResult<Grants>(Grants());
    if (failure || !grants) {
      return Error{ErrorKind::corrupt,
                   fmt::format("accounts: the authorities of group \"{}\" cannot be read; restore "
                               "accounts.db from a backup",
                               group.name)};
    }
    group.grants = *grants;
    groups[group.name] = std::move(group);
  }
  if (!row) return row.error();
  auto user_rows = database_.prepare("SELECT name, member_of, email, areas FROM account");
  if (!user_rows) return user_rows.error();
  for (row = user_rows->step(); row && *row; row = user_rows->step()) {
    User user{user_rows->text(0), user_rows->text(1), user_rows->text(2), areas_of(user_rows->text(3))};
    users[user.name] = std::move(user);
  }
  if (!row) return row.error();
  std::map<std::string, std::shared_ptr<const Rights>> rights;
  for (const auto& [name, user] : users) {
    const auto group = groups.find(user.group);
    if (group == groups.end()) {
      return Error{
          ErrorKind::corrupt,
          fmt::format("accounts: user \"{}\" is in a group \"{}\" that is not there; restore accounts.db "
                      "from a backup",
                      name, user.group)};
    }
    rights[name] = std::make_shared<Rights>(user.group == administrators
                                                ? Rights::everything()
                                                : Rights(group->second.grants, user.areas, paths_));
  }
  groups_ = std::move(groups);
  users_ = std::move(users);
  rights_ = std::move(rights);
  return {};
}

std::vector<Group> Accounts::groups() const {
  const std::lock_guard lock(mutex_);
  std::vector<Group> list;
  for (const auto& [name, group] : groups_) list.push_back(group);
  return list;
}

FieldResult<void> Accounts::add_group(const Group& group) {
  if (auto checked = check_account_name(group.name, longest_group_name); !checked) return checked;
  const std::lock_guard lock(mutex_);
  if (groups_.contains(group.name)) {
    return FieldError{"name", {ErrorKind::conflict, fmt::format("group \"{}\" exists already", group.name)}};
  }
  const auto own = std::ranges::count_if(groups_, [](const auto& entry) { return !entry.second.fixed; });
  if (static_cast<std::size_t>(own) >= most_groups) {
    return of_server(
        {ErrorKind::full, fmt::format("there are {} groups already; remove one that is empty", own)});
  }
  const auto grants = json::serialize(to_json(group.grants));
  auto done = run(database_, "INSERT INTO account_group VALUES(?, ?, 0)", std::string_view(group.name),
                  std::string_view(grants));
  if (done) done = load();
  if (!done) return of_server(done.error());
  return {};
}

Result<> Accounts::check_group_of_users(const std::string& name) const {
  const auto it = groups_.find(name);
  if (it == groups_.end()) return no_such("group", name);
  if (name == onvif) {
    return Error{
        ErrorKind::denied,
        "group \"onvif\" is fixed and has no users of its own: those of ONVIF are in its groups admin, "
        "operator and user, see /api/v1/onvif/users"};
  }
  if (it->second.fixed) return Error{ErrorKind::denied, fmt::format("group \"{}\" is fixed", name)};
  return {};
}

FieldResult<void> Accounts::check_membership(const User& user) const {
  if (user.group == administrators) {
    if (user.areas.empty()) return {};
    return FieldError{"areas", {ErrorKind::invalid, "administrators are kept to no areas"}};
  }
  if (auto checked = check_group_of_users(user.group); !checked) return FieldError{"group", checked.error()};
  return {};
}

Result<> Accounts::change_group(const std::string& name, const Grants& grants) {
  const std::lock_guard lock(mutex_);
  if (auto checked = check_group_of_users(name); !checked) return checked;
  const auto text = json::serialize(to_json(grants));
  if (auto done = run(database_, "UPDATE account_group SET grants=? WHERE name=?", std::string_view(text),
                      std::string_view(name));
      !done) {
    return done;
  }
  return load();
}

Result<> Accounts::remove_group(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (auto checked = check_group_of_users(name); !checked) return checked;
  const auto member = std::ranges::find(users_, name, [](const auto& entry) { return entry.second.group; });
  if (member != users_.end()) {
    return Error{
        ErrorKind::conflict,
        fmt::format("\"{}\" is in group \"{}\"; only an empty group can be removed", member->first, name)};
  }
  if (auto done = run(database_, "DELETE FROM account_group WHERE name=?", std::string_view(name)); !done)
    return done;
  return load();
}

std::vector<User> Accounts::users() const {
  const std::lock_guard lock(mutex_);
  std::vector<User> list;
  for (const auto& [name, user] : users_) list.push_back(user);
  return list;
}

FieldResult<void> Accounts::add_user(const User& user, const std::string& password,
                                     const std::string& password_again) {
  if (auto checked = check_account_name(user.name, longest_user_name); !checked) return checked;
  if (!user.email.empty() && !is_mailbox(user.email)) return refuse_email();
  if (auto checked = check_new(password, password_again, user.name); !checked) return checked.error();
  const auto hash = hash_password(password);
  if (!hash) return of_server(hash.error());
  const std::lock_guard lock(mutex_);
  if (users_.contains(user.name)) {
    return FieldError{"name", {ErrorKind::conflict, fmt::format("user \"{}\" exists already", user.name)}};
  }
  if (users_.size() >= most_users) {
    return of_server({ErrorKind::full, fmt::format("there are {} users already; remove one", most_users)});
  }
  if (auto checked = check_membership(user); !checked) return checked;
  const auto areas = text_of(user.areas);
  auto done = run(
      database_,
      "INSERT INTO account(name, password, email, password_set, member_of, areas) VALUES(?, ?, ?, ?, ?, ?)",
      std::string_view(user.name), std::string_view(*hash), std::string_view(user.email),
      clock_.now().time_since_epoch().count(), std::string_view(user.group), std::string_view(areas));
  if (done) done = load();
  if (!done) return of_server(done.error());
  return {};
}

FieldResult<void> Accounts::change_user(const User& user) {
  if (user.email.empty() && user.name == administrator && profile_.email_needed)
    return FieldError{"email",
                      {ErrorKind::invalid, "the administrator's password is reset by e-mail: give one"}};
  if (!user.email.empty() && !is_mailbox(user.email)) return refuse_email();
  const std::lock_guard lock(mutex_);
  if (!users_.contains(user.name)) return of_server(no_such("user", user.name));
  if (user.name == administrator && user.group != administrators) {
    return FieldError{"group", {ErrorKind::denied, "the administrator stays in its group"}};
  }
  if (auto checked = check_membership(user); !checked) return checked;
  const auto areas = text_of(user.areas);
  auto done = run(database_, "UPDATE account SET member_of=?, email=?, areas=? WHERE name=?",
                  std::string_view(user.group), std::string_view(user.email), std::string_view(areas),
                  std::string_view(user.name));
  if (done) done = load();
  if (!done) return of_server(done.error());
  return {};
}

Result<> Accounts::remove_user(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!users_.contains(name)) return no_such("user", name);
  if (name == administrator) return Error{ErrorKind::denied, "the administrator cannot be removed"};
  if (auto done = run(database_, "DELETE FROM account WHERE name=?", std::string_view(name)); !done)
    return done;
  return load();
}

std::shared_ptr<const Rights> Accounts::rights(const std::string& account) const {
  static const auto none = std::make_shared<const Rights>(Grants{});
  const std::lock_guard lock(mutex_);
  const auto it = rights_.find(account);
  return it == rights_.end() ? none : it->second;
}

}  // namespace watchrig::central
