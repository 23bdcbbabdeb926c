#include "system/central/accounts/lockout.hpp"

#include <algorithm>

#include "system/base/log.hpp"
#include "system/platform/expendable_database.hpp"

namespace watchrig::central {

using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE locked(kind TEXT NOT NULL, name TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY(kind, "
    "name)) WITHOUT ROWID"};

std::int64_t seconds_of(base::UtcTime time) {
  return std::chrono::ceil<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// Nobody is locked for longer, unless the clock has been ahead.
constexpr auto longest = std::chrono::hours(24);

Result<> forget_over(platform::SqliteDatabase& database, base::UtcTime now) {
  auto rows = database.prepare("DELETE FROM locked WHERE until <= ? OR until > ?");
  return rows ? rows->bind(seconds_of(now), seconds_of(now + longest)).run() : Result<>(rows.error());
}

}  // namespace

void Lockout::remember_in(const std::filesystem::path& file, std::string kind) {
  kind_ = std::move(kind);
  database_ = platform::open_expendable(file, migrations, "what was locked or blocked is not any more",
                                        [this](auto& database) { return load(database); });
}

Result<> Lockout::load(platform::SqliteDatabase& database) {
  entries_.clear();
  const auto now = clock_.now();
  if (auto removed = forget_over(database, now); !removed) return removed;
  auto rows = database.prepare("SELECT name, until FROM locked WHERE kind = ?");
  if (!rows) return rows.error();
  auto row = rows->bind(kind_).step();
  for (; row && *row; row = rows->step())
    entries_[rows->text(0)] = {0, now, base::UtcTime(std::chrono::seconds(rows->integer(1)))};
  if (!row) return row.error();
  return {};
}

void Lockout::store(const std::string& name, base::UtcTime until) {
  if (!database_) return;
  auto row = database_->prepare("INSERT OR REPLACE INTO locked VALUES(?, ?, ?)");
  const auto stored = row ? row->bind(kind_, name, seconds_of(until)).run() : Result<>(row.error());
  if (!stored) base::log_warning("a lock of \"{}\" ends with the server: {}", name, stored.error().message);
}

void Lockout::forget(const std::string& name) {
  if (!database_) return;
  auto row = database_->prepare("DELETE FROM locked WHERE kind = ? AND name = ?");
  const auto removed = row ? row->bind(kind_, name).run() : Result<>(row.error());
  if (!removed)
    base::log_warning("\"{}\" will be locked again after a restart: {}", name, removed.error().message);
}

std::optional<base::UtcTime> Lockout::locked_until(const std::string& name) const {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(name);
  if (it == entries_.end() || !it->second.until || *it->second.until <= now) return std::nullopt;
  return it->second.until;
}

void Lockout::set_rules(Rules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

bool Lockout::failed(const std::string& name) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (rules_.attempts == 0) return false;
  if (!entries_.contains(name) && entries_.size() >= most_names) make_room(now);
  Entry& entry = entries_[name];
  if (over(entry, now)) entry = {};
  entry.last = now;
  if (entry.until || ++entry.failures < rules_.attempts) return false;
  entry.until = now + rules_.period;
  store(name, *entry.until);
  return true;
}

void Lockout::lock(const std::string& name, base::Duration period) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(name) && entries_.size() >= most_names) make_room(now);
  entries_[name] = {0, now, now + period};
  store(name, now + period);
}

void Lockout::succeeded(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(name);
  if (it != entries_.end() && !it->second.until) entries_.erase(it);
}

std::vector<Lockout::Locked> Lockout::locked() const {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::vector<Locked> result;
  for (const auto& [name, entry] : entries_) {
    if (entry.until && *entry.until > now) result.push_back({name, *entry.until});
  }
  return result;
}

bool Lockout::unlock(const std::string& name) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(name);
  if (it == entries_.end() || !it->second.until) return false;
  const bool was_locked = *it->second.until > now;
  entries_.erase(it);
  forget(name);
  return was_locked;
}

bool Lockout::over(const Entry& entry, base::UtcTime now) const {
  return entry.until ? *entry.until <= now : now - entry.last >= rules_.period;
}

void Lockout::make_room(base::UtcTime now) {
  if (std::erase_if(entries_, [&](const auto& entry) { return over(entry.second, now); }) > 0 && database_) {
    if (auto removed = forget_over(*database_, now); !removed)
      base::log_warning("old locks stay in their file: {}", removed.error().message);
  }
  if (entries_.size() < most_names) return;
  const auto sooner = [](const auto& a, const auto& b) {
    return std::pair(a.second.until.has_value(), a.second.last) <
           std::pair(b.second.until.has_value(), b.second.last);
  };
  const auto oldest = std::min_element(entries_.begin(), entries_.end(), sooner);
  if (oldest->second.until) forget(oldest->first);
  entries_.erase(oldest);
}

}  // namespace watchrig::central
