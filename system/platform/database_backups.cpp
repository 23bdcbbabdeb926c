#include "system/platform/database_backups.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::platform {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t newest_kept = 3;
constexpr std::size_t days_kept = 7;
constexpr std::size_t day_length = 8;  // of 20261121T181000Z
constexpr base::Duration between_busy_copies = std::chrono::hours(1);
constexpr const char* unfinished = ".new";
constexpr std::string_view beside[] = {"", "-wal", "-shm"};

/// 20261121T181000Z, which sorts as time does.
std::string name_of(base::UtcTime time) {
  std::string name;
  for (const char c : base::format_utc(time, 0)) {
    if (c != '-' && c != ':') name += c;
  }
  return name;
}

bool is_name(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || c == 'T' || c == 'Z';
         });
}

}  // namespace

DatabaseBackups::DatabaseBackups(fs::path folder, std::vector<std::string> names, const base::Clock& clock,
                                 std::set<std::string> busy)
    : folder_(std::move(folder)), databases_(std::move(names)), clock_(clock), busy_(std::move(busy)) {}

DatabaseBackups::State DatabaseBackups::state_of(const std::string& database) const {
  State state;
  for (const auto end : {"", "-wal"}) {
    std::error_code failure;
    const auto file = folder_ / (database + end);
    const auto time = fs::last_write_time(file, failure);
    if (!failure) state.emplace_back(time, fs::file_size(file, failure));
  }
  return state;
}

bool DatabaseBackups::is_due(const std::string& database, const State& state, bool all) const {
  const auto before = copied_.find(database);
  if (before == copied_.end()) return !state.empty();
  if (before->second.state == state) return false;
  return all || !busy_.contains(database) || clock_.now() - before->second.time >= between_busy_copies;
}

std::vector<std::string> DatabaseBackups::names(bool sound) const {
  std::vector<std::string> found;
  std::error_code failure;
  for (fs::directory_iterator it(store(), failure), end; !failure && it != end; it.increment(failure)) {
    const auto name = it->path().filename().string();
    if (is_name(name)) found.push_back(name);
  }
  std::sort(found.rbegin(), found.rend());
  if (sound) std::erase_if(found, [&](const std::string& name) { return !check_backup(name); });
  return found;
}

Error DatabaseBackups::with_remedy(Error error) const {
  if (error.kind != ErrorKind::unsupported && error.kind != ErrorKind::corrupt) return error;
  if (const auto sound = names(true); !sound.empty())
    error.message += fmt::format(
        "; backups of the databases, not of other files, that \"vmsd --restore-backup NAME\" puts in place: "
        "{}",
        base::joined(sound, ", "));
  return error;
}

Result<> DatabaseBackups::check_backup(const std::string& name) const {
  bool any = false;
  for (const auto& database : databases_) {
    std::error_code ignored;
    const auto file = store() / name / database;
    if (!fs::exists(file, ignored)) continue;
    if (auto checked = check_database(file); !checked) return checked;
    any = true;
  }
  if (!any) return Error{ErrorKind::not_found, fmt::format("there is no backup \"{}\"", name)};
  return {};
}

Result<> DatabaseBackups::check() const {
  const auto all = names(false);
  for (const auto& database : databases_) {
    auto checked = check_database(folder_ / database);
    std::error_code ignored;
    if (!checked && checked.error().kind == ErrorKind::not_found &&
        (all.empty() || !fs::exists(store() / all.front() / database, ignored))) {
      continue;  // a fresh server makes it
    }
    if (checked) continue;
    const auto sound = names(true);
    const auto remedy =
        sound.empty()
            ? std::string(
                  "there is no sound backup of it: put one of your own in place, or move the file "
                  "away, which loses what it held")
            : fmt::format(
                  "the last good backup is {}: \"vmsd --restore-backup\" with the same --data puts it "
                  "in place and keeps what is there now",
                  sound.front());
    return Error{checked.error().kind, fmt::format("{}; {}", checked.error().message, remedy)};
  }
  return {};
}

Result<> DatabaseBackups::copy_or_link(const std::string& database, bool changed,
                                       const fs::path& target) const {
  std::error_code failure;
  fs::create_directories(target.parent_path(), failure);
  if (!changed) {
    fs::create_hard_link(store() / last_ / database, target, failure);
    if (!failure) return {};
  }
  return copy_database(folder_ / database, target);
}

Result<std::string> DatabaseBackups::make(bool all) {
  const std::lock_guard lock(mutex_);
  remove_unfinished();
  std::map<std::string, Copied> next = copied_;
  std::set<std::string> due;
  for (const auto& database : databases_) {
    const auto state = state_of(database);
    if (!is_due(database, state, all)) continue;
    due.insert(database);
    next[database] = {state, clock_.now()};
  }
  if (due.empty()) return std::string();
  const auto name = name_of(clock_.now());
  const auto final = store() / name;
  const auto working = store() / (name + unfinished);
  std::error_code failure;
  if (fs::exists(final, failure)) return std::string();  // of this very second
  fs::create_directories(working, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", working.string(), failure.message())};
  fs::permissions(store(), fs::perms::owner_all, failure);
  for (const auto& database : databases_) {
    if (!fs::exists(folder_ / database, failure)) continue;
    if (auto copied = copy_or_link(database, due.contains(database), working / database); !copied) {
      fs::remove_all(working, failure);
      return Error(copied.error()).within("no backup was made");
    }
  }
  fs::rename(working, final, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", final.string(), failure.message())};
  copied_ = std::move(next);
  last_ = name;
  prune();
  return name;
}

void DatabaseBackups::remove_unfinished() const {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (fs::directory_iterator it(store(), ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (it->path().extension() == unfinished && is_name(it->path().stem().string()))
      found.push_back(it->path());
  }
  for (const auto& folder : found) fs::remove_all(folder, ignored);
}

void DatabaseBackups::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  if (is_name(name)) fs::remove_all(store() / name, ignored);
}

void DatabaseBackups::prune() const {
  std::set<std::string> days;
  std::size_t position = 0;
  for (const auto& name : names(false)) {
    const bool first_of_day = days.size() < days_kept && days.insert(name.substr(0, day_length)).second;
    std::error_code ignored;
    if (position++ >= newest_kept && !first_of_day) fs::remove_all(store() / name, ignored);
  }
}

Result<> DatabaseBackups::set_aside(const fs::path& aside) const {
  std::error_code failure;
  fs::create_directories(aside, failure);
  for (const auto& database : databases_) {
    for (const auto end : beside) {
      const auto file = database + std::string(end);
      if (failure || !fs::exists(fs::symlink_status(folder_ / file))) continue;
      fs::create_directories((aside / file).parent_path(), failure);
      fs::rename(folder_ / file, aside / file, failure);
    }
  }
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", aside.string(), failure.message())};
  return {};
}

Result<std::string> DatabaseBackups::restore(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::string chosen = name;
  if (name.empty()) {
    const auto sound = names(true);
    if (sound.empty())
      return Error{ErrorKind::not_found, fmt::format("{} holds no sound backup", store().string())};
    chosen = sound.front();
  }
  if (!is_name(chosen)) {
    return Error{ErrorKind::not_found, fmt::format("there is no backup \"{}\"; there are: {}", name,
                                                   base::joined(names(false), ", "))};
  }
  if (auto checked = check_backup(chosen); !checked) return checked.error();
  const auto aside = folder_ / ("broken-" + name_of(clock_.now()));
  if (auto moved = set_aside(aside); !moved) return moved.error();
  for (const auto& database : databases_) {
    std::error_code ignored;
    if (!fs::exists(store() / chosen / database, ignored)) continue;
    fs::create_directories((folder_ / database).parent_path(), ignored);
    if (auto copied = copy_database(store() / chosen / database, folder_ / database); !copied)
      return copied.error();
  }
  return fmt::format("backup {} is in place; what was there is kept in {}", chosen, aside.string());
}

}  // namespace watchrig::platform
