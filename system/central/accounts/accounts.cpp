#include "system/central/accounts/accounts.hpp"

#include <fmt/format.h>

#include "system/central/accounts/password.hpp"
#include "system/central/mailbox.hpp"
#include "system/platform/sqlite_transaction.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE account(name TEXT PRIMARY KEY, password TEXT NOT NULL, email TEXT NOT NULL,"
    " password_set INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE account_group(name TEXT PRIMARY KEY, grants TEXT NOT NULL, fixed INTEGER NOT NULL) WITHOUT "
    "ROWID;"
    "INSERT INTO account_group VALUES('admin', '{}', 1), ('onvif', '{}', 1);"
    "ALTER TABLE account ADD COLUMN member_of TEXT NOT NULL DEFAULT 'admin'",
    "ALTER TABLE account ADD COLUMN hint TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE security_question(account TEXT NOT NULL, position INTEGER NOT NULL, question TEXT NOT NULL,"
    " answer TEXT NOT NULL, PRIMARY KEY(account, position)) WITHOUT ROWID;"
    "CREATE TRIGGER account_gone AFTER DELETE ON account BEGIN"
    " DELETE FROM security_question WHERE account = old.name; END",
    "ALTER TABLE account ADD COLUMN areas TEXT NOT NULL DEFAULT ''"};  // numbers with commas

// Of no password that anybody could enter: checked in place of an unknown account's.
const std::string nobody =
    "$argon2id$v=19$m=19456,t=2,p=1$d2F0Y2hyaWctbm9ib2R5IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

FieldError done_already() {
  return {{}, {ErrorKind::conflict, "the server is initialised already; sign in as admin"}};
}

}  // namespace

FieldResult<void> Accounts::check_new(const std::string& password, const std::string& again,
                                      std::string_view name) const {
  return check_new_password(password, again, name, profile_.password);
}

Accounts::Accounts(platform::SqliteDatabase database, const base::Clock& clock, AreaPaths paths,
                   const ProductProfile& profile)
    : clock_(clock), paths_(std::move(paths)), profile_(profile), database_(std::move(database)) {}

Result<std::unique_ptr<Accounts>> Accounts::open(const std::filesystem::path& file, const base::Clock& clock,
                                                 AreaPaths paths, const ProductProfile& profile) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<Accounts> accounts(new Accounts(std::move(*database), clock, std::move(paths), profile));
  if (auto loaded = accounts->load(); !loaded) return loaded.error();
  accounts->initialised_ = accounts->users_.contains(std::string(administrator));
  return accounts;
}

FieldResult<void> Accounts::initialise(const Initialisation& answers) {
  if (initialised_) return done_already();
  if (!answers.licence_accepted) return refuse("licence_accepted", "the licence agreement must be accepted");
  if (const auto checked = check_new(answers.password, answers.password_again, administrator); !checked) {
    return checked.error();
  }
  if (!answers.email_needed && profile_.email_needed) {
    return refuse("email_protection", fmt::format("must not be false: by the product profile {} passwords "
                                                  "are reset by e-mail",
                                                  profile_.name));
  }
  if (!is_mailbox(answers.email) && (answers.email_needed || !answers.email.empty()))
    return refuse("email", "an e-mail address is needed, for resetting the password");
  if (auto checked = check_questions(answers.questions); !checked) return checked;
  if (auto checked = check_hint(answers.hint); !checked) return checked;
  const auto password = hash_password(answers.password);
  if (!password) return FieldError{{}, password.error()};
  const auto hashed = hash_answers(answers.questions);
  if (!hashed) return FieldError{{}, hashed.error()};
  const std::lock_guard lock(mutex_);
  if (initialised_) return done_already();
  // Somebody without the protection that was asked for would not be asked for it again.
  const auto stored = platform::in_transaction(database_, [&]() -> Result<> {
    if (auto done = store_administrator(answers, *password); !done) return done;
    return store_questions(administrator, answers.questions, *hashed);
  });
  if (!stored) return FieldError{{}, stored.error()};
  if (auto loaded = load(); !loaded) return FieldError{{}, loaded.error()};
  initialised_ = true;
  return {};
}

Result<> Accounts::store_administrator(const Initialisation& answers, const std::string& password) {
  auto insert = database_.prepare(
      "INSERT INTO account(name, password, email, password_set, member_of, hint) VALUES(?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  return insert
      ->bind(administrator, std::string_view(password), std::string_view(answers.email),
             clock_.now().time_since_epoch().count(), administrators, std::string_view(answers.hint))
      .run();
}

Result<> Accounts::check(const std::string& name, const std::string& password) const {
  const auto hash = hash_of(name);
  if (!hash && hash.error().kind != ErrorKind::not_found) return hash.error();
  if (is_password(password, hash ? *hash : nobody) && hash) return {};
  return Error{ErrorKind::denied, "the user name or the password is wrong"};
}

FieldResult<void> Accounts::set_password(const std::string& name, const std::string& password,
                                         const std::string& password_again) {
  if (const auto checked = check_new(password, password_again, name); !checked) return checked.error();
  const auto hash = hash_password(password);
  if (!hash) return FieldError{{}, hash.error()};
  const std::lock_guard lock(mutex_);
  auto update = database_.prepare("UPDATE account SET password=?, password_set=? WHERE name=?");
  if (!update) return FieldError{{}, update.error()};
  const auto done =
      update->bind(std::string_view(*hash), clock_.now().time_since_epoch().count(), std::string_view(name))
          .run();
  if (!done) return FieldError{{}, done.error()};
  if (database_.changed_rows() == 0) {
    return FieldError{{}, {ErrorKind::not_found, "there is no user \"" + name + "\""}};
  }
  return {};
}

Result<std::string> Accounts::hash_of(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  auto select = database_.prepare("SELECT password FROM account WHERE name=?");
  if (!select) return select.error();
  const auto row = select->bind(std::string_view(name)).step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorKind::not_found, "there is no account \"" + name + "\""};
  return select->text(0);
}

}  // namespace watchrig::central
