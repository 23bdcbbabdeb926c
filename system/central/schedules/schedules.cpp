#include "system/central/schedules/schedules.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t longest_name = 63;
constexpr std::string_view prefix = "schedule";

const std::vector<std::string_view> migrations{
    "CREATE TABLE schedule(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " always INTEGER NOT NULL, periods TEXT NOT NULL)"};

std::optional<std::int64_t> number_of(std::string_view id) {
  if (id == Schedules::default_id) return 0;
  if (!id.starts_with(prefix)) return std::nullopt;
  const auto number = base::parse_number<std::int64_t>(id.substr(prefix.size()));
  return number && *number > 0 ? number : std::nullopt;
}

std::string id_of(std::int64_t number) { return fmt::format("{}{}", prefix, number); }

Error no_schedule(const std::string& id) {
  return {ErrorKind::not_found, fmt::format("there is no schedule \"{}\"", id)};
}

Error is_default() { return {ErrorKind::denied, "the default schedule stays as it is"}; }

FieldError of_server(Error error) { return {{}, std::move(error)}; }

std::string text_of(const std::vector<WeekPeriod>& periods) {
  json::array list;
  for (const auto& period : periods) list.push_back(to_json(period));
  return json::serialize(list);
}

Result<std::vector<WeekPeriod>> periods_of(const std::string& text) {
  const Error broken{ErrorKind::corrupt,
                     "schedules: periods cannot be read; restore schedules.db from a backup"};
  json::error_code failure;
  const auto value = json::parse(text, failure);
  if (failure || !value.is_array()) return broken;
  std::vector<WeekPeriod> periods;
  for (const auto& entry : value.get_array()) {
    const auto period = week_period_from(entry, "periods");
    if (!period) return broken;
    periods.push_back(*period);
  }
  return periods;
}

}  // namespace

Result<std::unique_ptr<Schedules>> Schedules::open(const std::filesystem::path& file) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<Schedules> schedules(new Schedules(std::move(*database)));
  if (auto loaded = schedules->load(); !loaded) return loaded.error();
  return schedules;
}

Result<> Schedules::load() {
  std::map<std::int64_t, Schedule> loaded{{0, {std::string(default_id), "Default", true, {}}}};
  auto rows = database_.prepare("SELECT id, name, always, periods FROM schedule");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    auto periods = periods_of(rows->text(3));
    if (!periods) return periods.error();
    const auto number = rows->integer(0);
    loaded[number] = {id_of(number), rows->text(1), rows->integer(2) != 0, std::move(*periods)};
  }
  if (!row) return row.error();
  schedules_ = std::move(loaded);
  return {};
}

std::vector<Schedule> Schedules::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Schedule> list;
  for (const auto& [number, schedule] : schedules_) list.push_back(schedule);
  return list;
}

Result<Schedule> Schedules::find(const std::string& id) const {
  const auto number = number_of(id);
  const std::lock_guard lock(mutex_);
  const auto it = number ? schedules_.find(*number) : schedules_.end();
  if (it == schedules_.end()) return no_schedule(id);
  return it->second;
}

FieldResult<void> Schedules::check(const Schedule& schedule) const {
  const auto refuse = [](std::string field, ErrorKind kind, std::string message) {
    return FieldError{std::move(field), {kind, std::move(message)}};
  };
  const auto& name = schedule.name;
  const bool printable =
      std::all_of(name.begin(), name.end(), [](char c) { return (c < 0 || c >= ' ') && c != 0x7f; });
  if (name.empty() || name.size() > longest_name || !printable || base::trim(name) != name) {
    return refuse("name", ErrorKind::invalid,
                  fmt::format("name has 1 to {} bytes, without blanks around them", longest_name));
  }
  for (const auto& [number, other] : schedules_) {
    if (other.id != schedule.id && base::equal_ignoring_case(other.name, name))
      return refuse("name", ErrorKind::conflict,
                    fmt::format("there is a schedule \"{}\" already", other.name));
  }
  if (schedule.periods.size() > most_periods) {
    return refuse("periods", ErrorKind::invalid, fmt::format("periods must be {} at most", most_periods));
  }
  if (schedule.always && !schedule.periods.empty())
    return refuse("periods", ErrorKind::invalid,
                  "periods are only for a schedule that is not always in effect");
  return {};
}

FieldResult<Schedule> Schedules::add(Schedule schedule) {
  schedule.id.clear();
  const std::lock_guard lock(mutex_);
  if (auto checked = check(schedule); !checked) return checked.error();
  if (schedules_.size() > most)
    return of_server({ErrorKind::full, fmt::format("there are {} schedules already; remove one", most)});
  schedule.periods = joined_periods(std::move(schedule.periods));
  auto insert = database_.prepare("INSERT INTO schedule(name, always, periods) VALUES(?, ?, ?)");
  if (!insert) return of_server(insert.error());
  const auto periods = text_of(schedule.periods);
  auto done = insert
                  ->bind(std::string_view(schedule.name), static_cast<std::int64_t>(schedule.always),
                         std::string_view(periods))
                  .run();
  if (!done) return of_server(done.error());
  const auto number = database_.last_insert_id();
  schedule.id = id_of(number);
  schedules_[number] = schedule;
  return schedule;
}

FieldResult<Schedule> Schedules::change(const Schedule& schedule) {
  const auto number = number_of(schedule.id);
  const std::lock_guard lock(mutex_);
  if (!number || !schedules_.contains(*number)) return of_server(no_schedule(schedule.id));
  if (*number == 0) return of_server(is_default());
  if (auto checked = check(schedule); !checked) return checked.error();
  Schedule changed = schedule;
  changed.periods = joined_periods(std::move(changed.periods));
  auto update = database_.prepare("UPDATE schedule SET name=?, always=?, periods=? WHERE id=?");
  if (!update) return of_server(update.error());
  const auto periods = text_of(changed.periods);
  auto done = update
                  ->bind(std::string_view(changed.name), static_cast<std::int64_t>(changed.always),
                         std::string_view(periods), *number)
                  .run();
  if (!done) return of_server(done.error());
  schedules_[*number] = changed;
  return changed;
}

Result<> Schedules::remove(const std::string& id) {
  const auto number = number_of(id);
  if (!number) return no_schedule(id);
  if (*number == 0) return is_default();
  std::vector<std::string> used;
  for (const auto& users : users_) {
    for (auto& user : users(id)) used.push_back(std::move(user));
  }
  if (!used.empty()) {
    return Error{ErrorKind::conflict, fmt::format("the schedule is used by {}; give them another first",
                                                  base::joined(used, ", "))};
  }
  const std::lock_guard lock(mutex_);
  if (!schedules_.contains(*number)) return no_schedule(id);
  auto erase = database_.prepare("DELETE FROM schedule WHERE id=?");
  if (!erase) return erase.error();
  if (auto done = erase->bind(*number).run(); !done) return done;
  schedules_.erase(*number);
  return {};
}

bool Schedules::effective(const std::string& id, const LocalTime& local, base::UtcTime time) const {
  const auto schedule = find(id);
  return schedule && (schedule->always || contains(schedule->periods, local, time));
}

std::set<std::string> Schedules::idle(const LocalTime& local, base::UtcTime time) const {
  std::set<std::string> idle;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, schedule] : schedules_) {
    if (!schedule.always && !contains(schedule.periods, local, time)) idle.insert(schedule.id);
  }
  return idle;
}

}  // namespace watchrig::central
