#include "system/storage/span_locks.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "system/storage/index_rows.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::UtcTime;

namespace {

constexpr const char* file_name = "locks.sqlite";

const std::vector<std::string_view> migrations{R"(
  CREATE TABLE lock (id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, "from" INTEGER NOT NULL,
                     "to" INTEGER NOT NULL, kept_from INTEGER NOT NULL, bytes INTEGER NOT NULL,
                     reason TEXT NOT NULL, by TEXT NOT NULL, made INTEGER NOT NULL, released INTEGER NOT NULL DEFAULT 0);
)"};

Result<platform::SqliteDatabase> open_database(const std::filesystem::path& file) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database;
  // A lock that was promised holds after a power cut.
  if (auto set = database->execute("PRAGMA synchronous = FULL"); !set) return set.error();
  return database;
}

}  // namespace

Result<Lockable> find_lockable(const ChunkIndex& index, std::string_view channel, UtcTime from, UtcTime to) {
  const auto streams = index.streams(channel);
  if (!streams) return streams.error();
  std::optional<Lockable> found;
  std::uint64_t bytes = 0;
  for (const auto& stream : *streams) {
    const auto runs = index.runs(channel, stream, from, to);
    if (!runs) return runs.error();
    for (const auto& run : *runs) {
      const auto begin =
          run.begin < from ? index.decodable_from(channel, stream, run, from) : Result<UtcTime>(run.begin);
      if (!begin) return begin.error();
      const auto first = index.chunks(channel, stream, run.run, *begin, to, 1);
      if (!first) return first.error();
      if (first->empty()) continue;
      // In parts, since others wait for the index meanwhile.
      for (auto part = *begin; part < std::min(to, run.last + base::Duration(1));
           part += std::chrono::hours(1)) {
        const auto held =
            index.bytes(channel, stream, run.run, part, std::min(to, part + std::chrono::hours(1)));
        if (!held) return held.error();
        bytes += *held;
      }
      if (!found || first->front().segment < found->first.segment)
        found = {found ? found->kept_from : from, 0, stream, first->front()};
      found->kept_from = std::min(found->kept_from, *begin);
    }
  }
  if (!found) {
    return Error{ErrorKind::not_found, fmt::format("nothing of channel \"{}\" is recorded from {} to {}",
                                                   channel, base::format_utc(from), base::format_utc(to))};
  }
  found->kept_from = std::min(found->kept_from, from);
  found->bytes = bytes;
  return *found;
}

bool is_there(const ChunkIndex& index, std::string_view channel, const Lockable& found) {
  const auto& row = found.first;
  const auto rows = index.chunks(channel, found.stream, row.run, row.begin, row.begin + base::Duration(1), 2);
  return rows && std::find(rows->begin(), rows->end(), row) != rows->end();
}

/// It has never had a lock.
Result<bool> SpanLocks::is_new() {
  auto query = database_.prepare("SELECT 1 FROM sqlite_sequence WHERE name = 'lock'");
  if (!query) return query.error();
  const auto any = query->step();
  if (!any) return any.error();
  return !*any;
}

Result<std::shared_ptr<SpanLocks>> SpanLocks::open(const std::filesystem::path& directory,
                                                   const ChunkIndex& index, UtcTime now,
                                                   const EventSink& sink) {
  const auto file = directory / file_name;
  const auto aside = std::filesystem::path(file.native() + ".damaged");
  std::error_code ignored;
  const bool is_empty =
      std::filesystem::exists(file, ignored) && std::filesystem::file_size(file, ignored) == 0;
  auto database = open_database(file);
  std::shared_ptr<SpanLocks> locks;
  Result<> found;
  if (database) {
    locks.reset(new SpanLocks(std::move(*database)));
    found = locks->read();
  } else {
    found = database.error();
  }
  if (!found && found.error().kind != ErrorKind::corrupt) return found.error();
  if (!found) {
    locks.reset();
    for (const char* suffix : {"", "-wal", "-shm"})
      std::filesystem::rename(file.native() + suffix, aside.native() + suffix, ignored);
    database = open_database(file);
    if (!database) return database.error();
    locks.reset(new SpanLocks(std::move(*database)));
  }
  // Also when a start before this one came no further.
  const auto is_new = locks->is_new();
  if (!is_new) return is_new.error();
  if (!*is_new || (!is_empty && !std::filesystem::exists(aside, ignored))) return locks;
  const auto newest = index.newest();
  if (!newest) return newest.error();
  SpanLock everything;  // from 1970 on: nothing is recorded before
  everything.to = everything.made = std::max(now, newest->value_or(now));
  everything.reason = "the list of locks was damaged";
  if (auto added = locks->add(everything, [] { return true; }); !added) return added.error();
  sink({"storage.damaged", "", "", "locks",
        fmt::format(
            "volume \"{}\": the list of locked recordings is damaged{}; all that is recorded is locked "
            "until that lock is removed",
            directory.native(),
            is_empty ? "" : fmt::format(" and was put aside as {}", aside.filename().native()))});
  return locks;
}

Result<> SpanLocks::read() {
  auto query = database_.prepare(
      "SELECT id, channel, \"from\", \"to\", kept_from, bytes, reason, by, made, released FROM lock");
  if (!query) return query.error();
  auto done = each(*query, [&] {
    SpanLock lock;
    lock.id = query->integer(0);
    lock.channel = query->text(1);
    lock.from = at(query->integer(2));
    lock.to = at(query->integer(3));
    lock.kept_from = at(query->integer(4));
    lock.bytes = static_cast<std::uint64_t>(query->integer(5));
    lock.reason = query->text(6);
    lock.by = query->text(7);
    lock.made = at(query->integer(8));
    (query->integer(9) != 0 ? released_ : locks_).emplace(lock.id, lock);
  });
  any_released_ = !released_.empty();
  find_periods();
  return done;
}

void SpanLocks::find_periods() {
  periods_.clear();
  for (const auto& [id, lock] : locks_) periods_[lock.channel].emplace_back(lock.kept_from, lock.to);
}

Result<std::optional<SpanLock>> SpanLocks::add(SpanLock lock, const std::function<bool()>& is_there) {
  const std::lock_guard guard(mutex_);
  if (!is_there()) return std::optional<SpanLock>();
  if (locks_.size() >= most) {
    return Error{ErrorKind::conflict,
                 fmt::format("there are {} locks on recordings already; remove one first", locks_.size())};
  }
  auto insert = database_.prepare(
      "INSERT INTO lock (id, channel, \"from\", \"to\", kept_from, bytes, reason, by, made) "
      "VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  auto done =
      insert
          ->bind(lock.id, std::string_view(lock.channel), ns(lock.from), ns(lock.to), ns(lock.kept_from),
                 lock.bytes, std::string_view(lock.reason), std::string_view(lock.by), ns(lock.made))
          .run();
  if (!done) return done.error();
  lock.id = database_.last_insert_id();
  locks_.emplace(lock.id, lock);
  periods_[lock.channel].emplace_back(lock.kept_from, lock.to);
  return std::optional(std::move(lock));
}

Result<SpanLock> SpanLocks::remove(std::int64_t id) {
  const std::lock_guard guard(mutex_);
  const auto found = locks_.find(id);
  if (found == locks_.end())
    return Error{ErrorKind::not_found, fmt::format("there is no lock {} on recordings", id)};
  auto update = database_.prepare("UPDATE lock SET released = 1 WHERE id = ?");
  if (!update) return update.error();
  if (auto done = update->bind(id).run(); !done) return done.error();
  SpanLock removed = found->second;
  released_.insert(locks_.extract(found));
  any_released_ = true;
  find_periods();
  return removed;
}

Result<std::int64_t> SpanLocks::next_id() {
  const std::lock_guard guard(mutex_);
  std::int64_t last = 0;
  auto query = database_.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'lock'");
  if (!query) return query.error();
  if (auto read = each(*query, [&] { last = query->integer(0); }); !read) return read.error();
  return last + 1;
}

Result<> SpanLocks::renumber(std::int64_t id, std::int64_t other) {
  const std::lock_guard guard(mutex_);
  const auto found = locks_.find(id);
  if (found == locks_.end() || locks_.contains(other))
    return Error{ErrorKind::conflict, fmt::format("lock {} cannot become {}", id, other)};
  auto update = database_.prepare("UPDATE lock SET id = ? WHERE id = ?");
  if (!update) return update.error();
  if (auto done = update->bind(other, id).run(); !done) return done.error();
  auto lock = found->second;
  lock.id = other;
  locks_.erase(found);
  locks_.emplace(other, std::move(lock));
  return {};
}

std::vector<SpanLock> SpanLocks::all() const {
  const std::lock_guard guard(mutex_);
  std::vector<SpanLock> all;
  for (const auto& [id, lock] : locks_) all.push_back(lock);
  return all;
}

std::optional<UtcTime> SpanLocks::Held::covers(const std::string& channel, UtcTime begin,
                                               UtcTime last) const {
  std::optional<UtcTime> end;
  for (const std::string_view owner : {std::string_view(channel), std::string_view()}) {
    const auto found = locks_.periods_.find(owner);
    if (found == locks_.periods_.end()) continue;
    for (const auto& [from, to] : found->second) {
      if (begin < to && last >= from) end = end ? std::max(*end, to) : to;
    }
  }
  return end;
}

std::uint64_t SpanLocks::Held::bytes(const std::string& channel) const {
  if (locks_.periods_.contains(std::string())) return std::numeric_limits<std::uint64_t>::max();
  double bytes = 0;
  for (const auto& [id, lock] : locks_.locks_)
    if (lock.channel == channel) bytes += static_cast<double>(lock.bytes);
  const auto found = locks_.periods_.find(channel);
  if (found == locks_.periods_.end()) return 0;
  auto periods = found->second;
  std::sort(periods.begin(), periods.end());
  double all = 0, once = 0;
  auto end = UtcTime::min();
  for (const auto& [from, to] : periods) {
    all += std::chrono::duration<double>(to - from).count();
    if (to > end) once += std::chrono::duration<double>(to - std::max(from, end)).count();
    end = std::max(end, to);
  }
  return static_cast<std::uint64_t>(bytes * once / all);
}

Result<bool> SpanLocks::release(ChunkIndex& index) {
  if (!any_released_) return false;
  const std::lock_guard guard(mutex_);
  while (!released_.empty()) {
    const auto& [id, lock] = *released_.begin();
    if (auto done = index.release(lock.channel, lock.kept_from, lock.to); !done) return done.error();
    auto forget = database_.prepare("DELETE FROM lock WHERE id = ?");
    if (!forget) return forget.error();
    if (auto done = forget->bind(id).run(); !done) return done.error();
    released_.erase(released_.begin());
  }
  any_released_ = false;
  return true;
}

}  // namespace watchrig::storage
