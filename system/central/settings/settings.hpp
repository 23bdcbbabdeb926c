#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "system/central/product_profile.hpp"
#include "system/central/settings/setting_field.hpp"
#include "system/platform/secret_vault.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Settings that are read, changed and listened to together.
struct SettingSection {
  /// What must hold between the values; called with all of them.
  using Rule = std::function<FieldResult<void>(const boost::json::object& values)>;

  std::string name;  ///< "mail"; with its fields "mail.port" on the command line
  std::string meaning;
  std::vector<SettingField> fields;
  Rule rule;
  /// Who could change these could make themselves an administrator.
  bool for_administrators = false;
  /// Fields that decide who gets to read the section's secret: they change only together with it.
  std::vector<std::string> secret_goes_by = {};

  const SettingField* find(std::string_view field) const;
  /// Null when it has none.
  const SettingField* secret() const;
};

/// Every section there is: a table, to which a new setting is added. Defaults and limits are the product's.
std::vector<SettingSection> setting_sections(const Product& product = {});

/// Settings given at the start, by their whole name; they cannot be changed while the program runs.
using FixedSettings = std::map<std::string, boost::json::value>;

/// Adds `name` = `text` after a check against the sections; the product's own limits are for
/// check_settings(), once it is known. Errors: invalid (no such setting, or its value).
base::Result<> fix_setting(FixedSettings& fixed, std::string_view name, std::string_view text);
/// Errors: invalid, for a value that this product does not allow.
base::Result<> check_settings(const FixedSettings& fixed, const Product& product);

/// The configuration of the server, kept in a database over restarts: only what differs from the defaults,
/// and secrets sealed. Any thread.
class Settings {
 public:
  struct Values {
    boost::json::object values;
    std::int64_t revision = 0;  ///< ascends with each change of the section
  };
  struct Change {
    Values before;
    Values after;
  };
  /// Called on the thread that made a change, one change at a time; may read settings, must not change them.
  using Listener = std::function<void(const Change&)>;

  static base::Result<std::unique_ptr<Settings>> open(
      const std::filesystem::path& file, const platform::SecretVault& vault, FixedSettings fixed = {},
      std::vector<SettingSection> sections = setting_sections());

  /// All values of a section, secrets as they are: for the program, not for clients. An unknown section is a
  /// programming error.
  Values values(std::string_view section) const;
  bool flag(std::string_view section, std::string_view field) const;
  std::int64_t number(std::string_view section, std::string_view field) const;
  std::string text(std::string_view section, std::string_view field) const;

  /// Whether it was given at the start.
  bool is_fixed(std::string_view section, std::string_view field) const;

  /// Sets the members of `patch` and leaves the others. With `revision`, only if that is still the present
  /// one. Errors: not_found (the section), invalid (with the field), conflict (a field that was given at the
  /// start; the revision, as the field If-Match), or what a rule says; nothing has changed then.
  FieldResult<Change> change(std::string_view section, const boost::json::object& patch,
                             std::optional<std::int64_t> revision = std::nullopt);
  /// Another rule for a section, from the part that it is for. Before the server listens.
  void add_rule(std::string_view section, SettingSection::Rule rule);
  /// Before the server listens.
  void listen(std::string_view section, Listener listener);

  const std::vector<SettingSection>& sections() const { return sections_; }
  /// As clients see a section: of a secret only whether it is set.
  static boost::json::object shown(const SettingSection& section, const boost::json::object& values);

 private:
  struct Entry {
    const SettingSection* section = nullptr;
    boost::json::object changed;  ///< what was stored, in clear
    std::int64_t revision = 0;
    std::vector<SettingSection::Rule> rules;
    std::vector<Listener> listeners;
  };
  Settings(platform::SqliteDatabase database, const platform::SecretVault& vault, FixedSettings fixed,
           std::vector<SettingSection> sections);
  base::Result<> load();
  const Entry& entry(std::string_view section) const;
  // Under mutex_.
  Values values_of(const Entry& entry, const boost::json::object& changed) const;
  base::Result<> check_fixed() const;
  static FieldResult<void> keeps_rules(const Entry& entry, const boost::json::object& values);
  static FieldResult<void> keeps_secret(const SettingSection& section, const Change& change,
                                        const boost::json::object& patch);
  FieldResult<void> check(const Entry& entry, const boost::json::object& patch) const;
  base::Result<> store(const Entry& entry, const boost::json::object& changed, std::int64_t revision);
  base::Result<boost::json::object> sealed(const SettingSection& section, boost::json::object values) const;
  base::Result<boost::json::object> unsealed(const SettingSection& section, boost::json::object values) const;

  const platform::SecretVault& vault_;
  const FixedSettings fixed_;
  const std::vector<SettingSection> sections_;
  std::mutex changing_;  ///< held over the listeners of a change
  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace watchrig::central
