#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Locks whoever fails to sign in too often: sources and accounts have a Lockout each (IVSS 8.6.3). A period
/// without a failure forgets the earlier ones. Any thread.
class Lockout {
 public:
  struct Rules {
    unsigned attempts = 5;  ///< failures until it locks; 0: never
    base::Duration period = std::chrono::minutes(30);
  };
  struct Locked {
    std::string name;
    base::UtcTime until;
  };
  /// Names that are remembered at once; of more, those whose last failure is longest ago are forgotten,
  /// locked ones last.
  static constexpr std::size_t most_names = 10'000;

  Lockout(const base::Clock& clock, Rules rules) : clock_(clock), rules_(rules) {}

  /// What is locked is locked after a restart, too: it is kept in that file, which others may share under
  /// another `kind`. What is kept there is locked from now on. Before anything else is called.
  void remember_in(const std::filesystem::path& file, std::string kind);
  /// For failures from now on; what is locked stays so.
  void set_rules(Rules rules);
  /// Until when the name is locked, if it is.
  std::optional<base::UtcTime> locked_until(const std::string& name) const;
  /// Counts a failure; true when this one locks it.
  bool failed(const std::string& name);
  /// Locks it without a failure, for that long from now on.
  void lock(const std::string& name, base::Duration period);
  /// Forgets the failures of a name that is not locked.
  void succeeded(const std::string& name);
  std::vector<Locked> locked() const;
  /// False when it was not locked.
  bool unlock(const std::string& name);

 private:
  struct Entry {
    unsigned failures = 0;
    base::UtcTime last{};
    std::optional<base::UtcTime> until;
  };
  bool over(const Entry& entry, base::UtcTime now) const;
  base::Result<> load(platform::SqliteDatabase& database);
  void store(const std::string& name, base::UtcTime until);
  void forget(const std::string& name);
  void make_room(base::UtcTime now);

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  Rules rules_;
  std::map<std::string, Entry> entries_;
  std::string kind_;
  std::optional<platform::SqliteDatabase> database_;
};

}  // namespace watchrig::central
