#include "system/central/accounts/onvif_accounts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/accounts/account_name.hpp"
#include "system/central/accounts/password.hpp"
#include "system/central/devices/device.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;
using protocols::UserLevel;

namespace {

constexpr std::size_t longest_description = 255;

const std::vector<std::string_view> migrations{
    "CREATE TABLE onvif_user(name TEXT PRIMARY KEY, member_of TEXT NOT NULL, description TEXT NOT NULL,"
    " sealed_password TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT INTO onvif_user VALUES('admin', 'admin', '', '')"};

std::string purpose_of(const std::string& name) { return fmt::format("onvif user {} password", name); }

Error nobody(const std::string& name) {
  return {ErrorKind::not_found, fmt::format("there is no ONVIF user \"{}\"", name)};
}

/// RTSP takes the names of sessions too.
bool is_session_name(std::string_view name) {
  return name.starts_with('s') && base::parse_number<std::uint64_t>(name.substr(1)).has_value();
}

FieldResult<void> check_description(const OnvifUser& user) {
  if (user.description.size() <= longest_description && is_printable(user.description)) return {};
  return FieldError{"description",
                    {ErrorKind::invalid, fmt::format("has up to {} bytes of text", longest_description)}};
}

}  // namespace

const std::vector<OnvifGroup>& onvif_groups() {
  using enum Authority;
  static const std::vector<OnvifGroup> groups{
      {"admin", UserLevel::administrator, {live, ptz, accounts, system}},
      {"operator", UserLevel::operating, {live, ptz}},
      {"user", UserLevel::user, {live}}};
  return groups;
}

const OnvifGroup& onvif_group_of(UserLevel level) {
  const auto& groups = onvif_groups();
  const auto found = std::ranges::find(groups, level, &OnvifGroup::level);
  return found == groups.end() ? groups.back() : *found;
}

const OnvifGroup* find_onvif_group(std::string_view name) {
  const auto& groups = onvif_groups();
  const auto found = std::ranges::find(groups, name, &OnvifGroup::name);
  return found == groups.end() ? nullptr : &*found;
}

Result<std::unique_ptr<OnvifAccounts>> OnvifAccounts::open(const std::filesystem::path& file,
                                                           const platform::SecretVault& vault,
                                                           const PasswordRule& rule) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<OnvifAccounts> accounts(new OnvifAccounts(std::move(*database), vault, rule));
  if (auto loaded = accounts->load(); !loaded) return loaded.error();
  return accounts;
}

Result<> OnvifAccounts::load() {
  auto rows = database_.prepare("SELECT name, member_of, description, sealed_password FROM onvif_user");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    const auto name = rows->text(0);
    const auto* group = find_onvif_group(rows->text(1));
    if (!group) {
      return Error{ErrorKind::corrupt,
                   fmt::format("ONVIF user \"{}\" is in a group \"{}\" that is not there; restore "
                               "onvif_accounts.db from a backup",
                               name, rows->text(1))};
    }
    Entry entry{{name, group->level, rows->text(2)}, {}};
    if (const auto sealed = rows->text(3); !sealed.empty()) {
      auto opened = vault_.open_sealed(sealed, purpose_of(name));
      entry.user.has_password = opened.has_value();
      entry.user.password_lost = !opened;
      if (opened) entry.password = *std::move(opened);
    }
    entries_[name] = std::move(entry);
  }
  if (!row) return row.error();
  return {};
}

std::vector<OnvifUser> OnvifAccounts::users() const {
  const std::lock_guard lock(mutex_);
  std::vector<OnvifUser> list;
  for (const auto& [name, entry] : entries_) list.push_back(entry.user);
  return list;
}

std::optional<OnvifUser> OnvifAccounts::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::nullopt : std::optional(found->second.user);
}

std::optional<std::string> OnvifAccounts::password(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.user.has_password) return std::nullopt;
  return found->second.password;
}

FieldResult<void> OnvifAccounts::store(const OnvifUser& user, const std::string& password) {
  const auto sealed =
      password.empty() ? Result<std::string>(std::string()) : vault_.seal(password, purpose_of(user.name));
  if (!sealed) return FieldError{{}, sealed.error()};
  auto insert = database_.prepare(
      "INSERT OR REPLACE INTO onvif_user(name, member_of, description, sealed_password) VALUES(?, ?, ?, ?)");
  if (!insert) return FieldError{{}, insert.error()};
  const auto done = insert
                        ->bind(std::string_view(user.name), onvif_group_of(user.level).name,
                               std::string_view(user.description), std::string_view(*sealed))
                        .run();
  if (!done) return FieldError{{}, done.error()};
  Entry entry{user, password};
  entry.user.has_password = !password.empty();
  entry.user.password_lost = false;
  entries_[user.name] = std::move(entry);
  return {};
}

FieldResult<void> OnvifAccounts::add(const OnvifUser& user, const std::string& password,
                                     const std::string& again) {
  if (auto checked = check_account_name(user.name, longest_user_name); !checked) return checked;
  if (is_session_name(user.name)) {
    return FieldError{
        "name", {ErrorKind::invalid, "is the name of a session to players; choose one other than s1, s2 …"}};
  }
  if (auto checked = check_description(user); !checked) return checked;
  if (auto checked = check_new_password(password, again, user.name, rule_); !checked) return checked;
  const std::lock_guard lock(mutex_);
  if (entries_.contains(user.name)) {
    return FieldError{"name",
                      {ErrorKind::conflict, fmt::format("ONVIF user \"{}\" exists already", user.name)}};
  }
  if (entries_.size() >= most) {
    return FieldError{{},
                      {ErrorKind::full, fmt::format("there are {} ONVIF users already; remove one", most)}};
  }
  return store(user, password);
}

FieldResult<void> OnvifAccounts::change(const OnvifUser& user) {
  if (auto checked = check_description(user); !checked) return checked;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(user.name);
  if (found == entries_.end()) return FieldError{{}, nobody(user.name)};
  if (user.name == administrator && user.level != UserLevel::administrator)
    return FieldError{"group", {ErrorKind::denied, "the ONVIF user admin stays in its group"}};
  // Not stored anew: of a password whose key is gone nothing but the sealed text is left.
  auto update = database_.prepare("UPDATE onvif_user SET member_of=?, description=? WHERE name=?");
  if (!update) return FieldError{{}, update.error()};
  const auto done = update
                        ->bind(onvif_group_of(user.level).name, std::string_view(user.description),
                               std::string_view(user.name))
                        .run();
  if (!done) return FieldError{{}, done.error()};
  found->second.user.level = user.level;
  found->second.user.description = user.description;
  return {};
}

FieldResult<void> OnvifAccounts::set_password(const std::string& name, const std::string& password,
                                              const std::string& again) {
  if (auto checked = check_new_password(password, again, name, rule_); !checked) return checked;
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return FieldError{{}, nobody(name)};
  const OnvifUser user = found->second.user;
  return store(user, password);
}

Result<> OnvifAccounts::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(name)) return nobody(name);
  if (name == administrator) return Error{ErrorKind::denied, "the ONVIF user admin cannot be removed"};
  auto statement = database_.prepare("DELETE FROM onvif_user WHERE name=?");
  if (!statement) return statement.error();
  if (auto done = statement->bind(std::string_view(name)).run(); !done) return done;
  entries_.erase(name);
  return {};
}

}  // namespace watchrig::central
