#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/central/accounts/rights.hpp"
#include "system/central/product_profile.hpp"
#include "system/platform/secret_vault.hpp"
#include "system/platform/sqlite_database.hpp"
#include "system/protocols/onvif/access_policy.hpp"

namespace watchrig::central {

/// Somebody who asks by ONVIF.
struct OnvifUser {
  std::string name;  ///< 1 to 31 letters, digits, _ @ . (IVSS 8.7.4)
  protocols::UserLevel level = protocols::UserLevel::user;
  std::string description = {};  ///< up to 255 bytes
  bool has_password = false;     ///< without one it is refused
  bool password_lost = false;    ///< it is stored, but the key that opens it is gone
};

/// One of the three groups of ONVIF: they came with the server and stay as they are.
struct OnvifGroup {
  std::string_view name;  ///< "admin"
  protocols::UserLevel level;
  std::vector<Authority> authorities;  ///< that its members have by it; who lacks one makes no member
};
const std::vector<OnvifGroup>& onvif_groups();
const OnvifGroup& onvif_group_of(protocols::UserLevel level);
/// Null when there is no such group.
const OnvifGroup* find_onvif_group(std::string_view name);

/// The accounts of clients that take this server for an ONVIF device (IVSS 8.7.4). They are not those of
/// people, since Digest and WS-UsernameToken need the text of a password: it is kept sealed by the vault.
/// There is always an `admin`, which has no password until somebody sets one. Any thread.
class OnvifAccounts {
 public:
  static constexpr std::string_view administrator = "admin";
  static constexpr std::size_t most = 64;

  /// Vault and rule outlive it.
  static base::Result<std::unique_ptr<OnvifAccounts>> open(
      const std::filesystem::path& file, const platform::SecretVault& vault,
      const PasswordRule& rule = default_profile().password);

  std::vector<OnvifUser> users() const;
  std::optional<OnvifUser> find(std::string_view name) const;
  /// Nothing for an unknown user, and for one without a password.
  std::optional<std::string> password(std::string_view name) const;

  /// Errors: conflict (the name is taken), full, invalid with the field.
  FieldResult<void> add(const OnvifUser& user, const std::string& password, const std::string& again);
  /// Its group and description. Errors: not_found, denied (the administrator's group), invalid.
  FieldResult<void> change(const OnvifUser& user);
  /// Errors: not_found, invalid with the field.
  FieldResult<void> set_password(const std::string& name, const std::string& password,
                                 const std::string& again);
  /// Errors: not_found, denied (the administrator).
  base::Result<> remove(const std::string& name);

 private:
  struct Entry {
    OnvifUser user;
    std::string password;
  };
  OnvifAccounts(platform::SqliteDatabase database, const platform::SecretVault& vault,
                const PasswordRule& rule)
      : vault_(vault), rule_(rule), database_(std::move(database)) {}
  // Under mutex_.
  base::Result<> load();
  FieldResult<void> store(const OnvifUser& user, const std::string& password);

  const platform::SecretVault& vault_;
  const PasswordRule& rule_;
  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace watchrig::central
