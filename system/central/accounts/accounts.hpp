#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/central/accounts/rights.hpp"
#include "system/central/product_profile.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

struct SecurityQuestion {
  std::string question;
  std::string answer;  ///< upper and lower case and blanks around it do not matter
};

/// What turns a fresh server into one that can be used.
struct Initialisation {
  std::string password;
  std::string password_again;
  std::string email;  ///< for resetting the password
  bool licence_accepted = false;
  bool email_needed = true;  ///< false: may be empty, unless the product profile needs it
  std::vector<SecurityQuestion> questions = {};
  std::string hint = {};
};

/// What helps an account whose password is forgotten.
struct Protection {
  std::string email;
  std::vector<std::string> questions;
  std::string hint;  ///< for the local login only (IVSS 5.1)
  base::UtcTime password_set;
};

/// What a user may do is what its group may do.
struct Group {
  std::string name;  ///< 1 to 64 letters, digits, _ @ . (IVSS 8.7.1)
  Grants grants;
  bool fixed = false;  ///< came with the server; cannot be changed
};

struct User {
  std::string name;  ///< 1 to 31 letters, digits, _ @ . (IVSS 8.7.2)
  std::string group;
  std::string email;
  Areas areas = {};  ///< outside of them there is nothing for it (platform manual 1.8.2); none: everywhere
};

/// The accounts of the server, kept in a database over restarts. Functions that take a password hash it: for
/// a worker thread. Any thread.
class Accounts {
 public:
  static constexpr std::string_view administrator = "admin";
  static constexpr std::string_view administrators = "admin";  ///< the group that may do everything
  /// The fixed group that stands for the three of ONVIF (OnvifAccounts); nobody is in it itself.
  static constexpr std::string_view onvif = "onvif";
  static constexpr std::size_t most_groups = 64;  ///< beside the fixed ones
  static constexpr std::size_t most_users = 1000;

  /// The profile outlives it.
  static base::Result<std::unique_ptr<Accounts>> open(const std::filesystem::path& file,
                                                      const base::Clock& clock, AreaPaths paths = {},
                                                      const ProductProfile& profile = default_profile());

  /// False on a fresh server, which can do nothing but be initialised.
  bool initialised() const { return initialised_; }
  /// Makes the administrator. Errors: conflict (it is done), invalid with the field that breaks a rule.
  FieldResult<void> initialise(const Initialisation& answers);

  /// Errors: denied, the same and as late for an unknown name as for a wrong password.
  base::Result<> check(const std::string& name, const std::string& password) const;
  /// Whether the caller may is not asked here. Errors: not_found, invalid with the field that breaks a rule.
  FieldResult<void> set_password(const std::string& name, const std::string& password,
                                 const std::string& password_again);

  /// Refuses what set_password() would, without setting anything.
  FieldResult<void> check_new(const std::string& password, const std::string& again,
                              std::string_view name) const;

  static constexpr std::size_t least_questions = 2;
  static constexpr std::size_t most_questions = 5;
  static constexpr std::size_t shortest_question = 4;
  static constexpr std::size_t shortest_answer = 3;
  /// Errors: not_found.
  base::Result<Protection> protection(const std::string& name) const;
  /// Errors of these: not_found, invalid with the field.
  FieldResult<void> set_email(const std::string& name, const std::string& email);
  FieldResult<void> set_hint(const std::string& name, const std::string& hint);
  /// In place of those before; none takes them away. Hashes the answers.
  FieldResult<void> set_questions(const std::string& name, const std::vector<SecurityQuestion>& questions);
  /// Whether these are the answers to all questions, in their order. Errors: denied, also when there are
  /// none.
  base::Result<> check_answers(const std::string& name, const std::vector<std::string>& answers) const;

  std::vector<Group> groups() const;
  /// Errors: conflict (the name is taken), full, invalid.
  FieldResult<void> add_group(const Group& group);
  /// Errors: not_found, denied (it is fixed).
  base::Result<> change_group(const std::string& name, const Grants& grants);
  /// Errors: not_found, denied (it is fixed), conflict (somebody is in it).
  base::Result<> remove_group(const std::string& name);

  std::vector<User> users() const;
  /// Errors: conflict (the name is taken), full, invalid with the field.
  FieldResult<void> add_user(const User& user, const std::string& password,
                             const std::string& password_again);
  /// Its group, e-mail address and areas. Errors: not_found, denied (of the administrator's group), invalid.
  FieldResult<void> change_user(const User& user);
  /// Errors: not_found, denied (the administrator).
  base::Result<> remove_user(const std::string& name);

  /// None for an account that does not exist any more.
  std::shared_ptr<const Rights> rights(const std::string& account) const;

 private:
  Accounts(platform::SqliteDatabase database, const base::Clock& clock, AreaPaths paths,
           const ProductProfile& profile);
  base::Result<std::string> hash_of(const std::string& name) const;
  static FieldResult<void> check_questions(const std::vector<SecurityQuestion>& questions);
  static FieldResult<void> check_hint(const std::string& hint);
  static base::Result<std::vector<std::string>> hash_answers(const std::vector<SecurityQuestion>& questions);
  // Under mutex_.
  base::Result<> store_administrator(const Initialisation& answers, const std::string& password);
  /// In a transaction.
  base::Result<> store_questions(std::string_view name, const std::vector<SecurityQuestion>& questions,
                                 const std::vector<std::string>& answers);
  base::Result<> load();
  base::Result<> check_group_of_users(const std::string& name) const;
  FieldResult<void> check_membership(const User& user) const;

  const base::Clock& clock_;
  const AreaPaths paths_;
  const ProductProfile& profile_;
  std::atomic<bool> initialised_ = false;
  mutable std::mutex mutex_;
  mutable platform::SqliteDatabase database_;
  std::map<std::string, Group> groups_;
  std::map<std::string, User> users_;
  std::map<std::string, std::shared_ptr<const Rights>> rights_;  ///< of each user
};

}  // namespace watchrig::central
