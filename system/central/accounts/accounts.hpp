#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "system/base/clock.hpp"
#include "system/central/field_error.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// What turns a fresh server into one that can be used.
struct Initialisation {
  std::string password;
  std::string password_again;
  std::string email;  ///< for resetting the password
  bool licence_accepted = false;
};

/// The accounts of the server, kept in a database over restarts. Functions that take a password hash it: for
/// a worker thread. Any thread.
class Accounts {
 public:
  static constexpr std::string_view administrator = "admin";

  static base::Result<std::unique_ptr<Accounts>> open(const std::filesystem::path& file,
                                                      const base::Clock& clock);

  /// False on a fresh server, which can do nothing but be initialised.
  bool initialised() const { return initialised_; }
  /// Makes the administrator. Errors: conflict (it is done), invalid with the field that breaks a rule.
  FieldResult<void> initialise(const Initialisation& answers);

  /// Errors: denied, the same and as late for an unknown name as for a wrong password.
  base::Result<> check(const std::string& name, const std::string& password) const;
  /// Errors: denied (the old password is wrong), invalid with the field that breaks a rule.
  FieldResult<void> change_password(const std::string& name, const std::string& old_password,
                                    const std::string& password, const std::string& password_again);

 private:
  Accounts(platform::SqliteDatabase database, const base::Clock& clock);
  base::Result<std::string> hash_of(const std::string& name) const;

  const base::Clock& clock_;
  std::atomic<bool> initialised_ = false;
  mutable std::mutex mutex_;
  mutable platform::SqliteDatabase database_;
};

}  // namespace watchrig::central
