#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/platform/database_copy.hpp"

namespace watchrig::platform {

/// Copies of the databases of a data folder, in `backups/NAME/`, named by the time they were made. The newest
/// three stay, and the newest of each of the last seven days. Copies hold what the databases hold: stored
/// secrets stay sealed by a key that is not among them. A database that has not changed is not copied again:
/// its file in the last copy gets one more name. Any thread; each call blocks it.
class DatabaseBackups {
 public:
  /// `names` of the databases in the folder, and those of them that change all the time.
  DatabaseBackups(std::filesystem::path folder, std::vector<std::string> names, const base::Clock& clock,
                  std::set<std::string> busy = {});

  /// Each database that is there is sound, and each that the newest backup has is there. The error says which
  /// one is not, why, and which backup would replace it.
  base::Result<> check() const;
  /// Copies all of them, if any has changed since the last time; the busy ones once an hour at most unless
  /// `all`. The name of the copy; empty: nothing changed. What does not get complete leaves nothing behind,
  /// a copy that a crash has cut short only until the next.
  base::Result<std::string> make(bool all = true);
  /// Takes one away again; an empty name is none.
  void remove(const std::string& name);
  /// Newest first; of those only the sound ones when `sound`.
  std::vector<std::string> names(bool sound) const;
  /// What kept the databases from being read, with the sound backups that can be put in place of them; other
  /// errors, and all while there is none, stay as they are.
  base::Error with_remedy(base::Error error) const;
  /// Puts a backup in place of the databases: the named one, or the newest that is sound. What was there is
  /// kept in `broken-TIME/`. Only while nobody else uses the folder. Gives back what was done, for a
  /// person.
  base::Result<std::string> restore(const std::string& name);

 private:
  /// Of a database and its log: when each was written, and how long it is.
  using State = std::vector<std::pair<std::filesystem::file_time_type, std::uintmax_t>>;
  struct Copied {
    State state;
    base::UtcTime time;
  };
  State state_of(const std::string& database) const;
  bool is_due(const std::string& database, const State& state, bool all) const;
  base::Result<> copy_or_link(const std::string& database, bool changed,
                              const std::filesystem::path& target) const;
  void remove_unfinished() const;
  std::filesystem::path store() const { return folder_ / "backups"; }
  base::Result<> check_backup(const std::string& name) const;
  base::Result<> set_aside(const std::filesystem::path& aside) const;
  void prune() const;

  const std::filesystem::path folder_;
  const std::vector<std::string> databases_;
  const base::Clock& clock_;
  const std::set<std::string> busy_;
  mutable std::mutex mutex_;
  std::map<std::string, Copied> copied_;
  std::string last_;  ///< the backup made last, which has all of copied_
};

}  // namespace watchrig::platform
