#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "system/central/schedules/week_periods.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// When something is in effect: always, or in the periods of a week.
struct Schedule {
  std::string id;
  std::string name;  ///< 1 to 63 bytes, no two alike
  bool always = true;
  std::vector<WeekPeriod> periods;  ///< only when not always; none: never in effect
};

/// The schedules of the server, kept in a database over restarts (IVSS 8.8.4). Any thread.
class Schedules {
 public:
  static constexpr std::string_view default_id = "default";  ///< always in effect, never changed nor removed
  static constexpr std::size_t most_periods = 50;            ///< as they are entered, before they are joined
  static constexpr std::size_t most = 256;                   ///< beside the default
  /// What of somebody's uses a schedule: names for people.
  using Users = std::function<std::vector<std::string>(const std::string& id)>;

  static base::Result<std::unique_ptr<Schedules>> open(const std::filesystem::path& file);

  /// The default first, then as they were made.
  std::vector<Schedule> all() const;
  /// Errors: not_found.
  base::Result<Schedule> find(const std::string& id) const;
  /// Errors: invalid with the field, conflict (the name is taken), full. The id is made here.
  FieldResult<Schedule> add(Schedule schedule);
  /// The same errors; not_found, denied (the default).
  FieldResult<Schedule> change(const Schedule& schedule);
  /// Errors: not_found, denied (the default), conflict (in use, by what).
  base::Result<> remove(const std::string& id);

  /// Whether it is in effect at an instant; one that does not exist never is.
  bool effective(const std::string& id, const LocalTime& local, base::UtcTime time) const;

  /// Those that are not in effect then.
  std::set<std::string> idle(const LocalTime& local, base::UtcTime time) const;

  /// Another part that uses schedules. Before the server listens.
  void add_users(Users users) { users_.push_back(std::move(users)); }

 private:
  explicit Schedules(platform::SqliteDatabase database) : database_(std::move(database)) {}
  // Under mutex_.
  base::Result<> load();
  FieldResult<void> check(const Schedule& schedule) const;

  std::vector<Users> users_;
  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<std::int64_t, Schedule> schedules_;  ///< by the number in their id; 0 is the default
};

}  // namespace watchrig::central
