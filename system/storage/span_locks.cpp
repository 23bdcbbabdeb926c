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

Result<std::pair<UtcTime, std::uint64_t>> find_lockable(const ChunkIndex& index, std::string_view channel,
                                                        UtcTime from, UtcTime to) {
  const auto streams = index.streams(channel);
  if (!streams) return streams.error();
  UtcTime kept_from = from;
  std::uint64_t bytes = 0;
  for (const auto& stream : *streams) {
    const auto runs = index.runs(channel, stream, from, to);
    if (!runs) return runs.error();
    for (const auto& run : *runs) {
      const auto key = index.key_chunk(channel, stream, run.run, from);
      if (!key) return key.error();
      // The key frame of a picture that is shown then is in the last chunks; one from long before is none.
      const auto begin = *key && (*key)->last >= from - max_chunk_extent ? (*key)->begin : from;
      const auto held = index.bytes(channel, stream, run.run, begin, to);
      if (!held) return held.error();
      bytes += *held;
      if (*held > 0) kept_from = std::min(kept_from, begin);
    }
  }
  if (bytes == 0) {
    return Error{ErrorKind::not_found, fmt::format("nothing of channel \"{}\" is recorded from {} to {}",
                                                   channel, base::format_utc(from), base::format_utc(to))};
  }
  return std::pair(kept_from, bytes);
}

Result<std::shared_ptr<SpanLocks>> SpanLocks::open(const std::filesystem::path& directory, UtcTime now,
                                                   const EventSink& sink) {
  const auto file = directory / file_name;
  auto database = open_database(file);
  std::shared_ptr<SpanLocks> locks;
  Result<> found;
  if (database) {
    locks.reset(new SpanLocks(std::move(*database)));
    found = locks->read();
  } else {
    found = database.error();
  }
  if (found) return locks;
  if (found.error().kind != ErrorKind::corrupt) return found.error();
  locks.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::rename(file.native() + suffix, file.native() + ".damaged" + suffix, ignored);
  }
  database = open_database(file);
  if (!database) return database.error();
  locks.reset(new SpanLocks(std::move(*database)));
  SpanLock everything;
  everything.from = everything.kept_from = UtcTime::min();
  everything.to = everything.made = now;
  everything.reason = "the list of locks was damaged";
  if (auto added = locks->add(everything); !added) return added.error();
  sink(
      {"storage.damaged", "", "", "locks",
       fmt::format("volume \"{}\": the list of locked recordings is damaged and was put aside as {}.damaged; "
                   "all that is recorded is locked until that lock is removed",
                   directory.native(), file_name)});
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

Result<SpanLock> SpanLocks::add(SpanLock lock) {
  const std::lock_guard guard(mutex_);
  if (locks_.size() >= most) {
    return Error{ErrorKind::conflict,
                 fmt::format("there are {} locks on recordings already; remove one first", locks_.size())};
  }
  auto insert = database_.prepare(
      "INSERT INTO lock (channel, \"from\", \"to\", kept_from, bytes, reason, by, made) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.error();
  auto done = insert
                  ->bind(std::string_view(lock.channel), ns(lock.from), ns(lock.to), ns(lock.kept_from),
                         lock.bytes, std::string_view(lock.reason), std::string_view(lock.by), ns(lock.made))
                  .run();
  if (!done) return done.error();
  lock.id = database_.last_insert_id();
  locks_.emplace(lock.id, lock);
  periods_[lock.channel].emplace_back(lock.kept_from, lock.to);
  return lock;
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
  std::uint64_t bytes = 0;
  for (const auto& [id, lock] : locks_.locks_) {
    if (lock.channel.empty()) return std::numeric_limits<std::uint64_t>::max();
    if (lock.channel == channel) bytes += lock.bytes;
  }
  return bytes;
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
