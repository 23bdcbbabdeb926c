#include "system/central/ptz/ptz_book.hpp"

namespace watchrig::central {

using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE entry(channel TEXT NOT NULL, kind INTEGER NOT NULL, number INTEGER NOT NULL,"
    " content TEXT NOT NULL, PRIMARY KEY(channel, kind, number))"};

}  // namespace

Result<std::unique_ptr<PtzBook>> PtzBook::open(const std::filesystem::path& file) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<PtzBook> book(new PtzBook(std::move(*database)));
  if (auto loaded = book->load(); !loaded) return loaded.error();
  return book;
}

Result<> PtzBook::load() {
  auto rows = database_.prepare("SELECT channel, kind, number, content FROM entry");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step()) {
    entries_[{rows->text(0), static_cast<PtzKind>(rows->integer(1)),
              static_cast<unsigned>(rows->integer(2))}] = rows->text(3);
  }
  if (!row) return row.error();
  return {};
}

PtzBook::Entries PtzBook::entries(const std::string& channel, PtzKind kind) const {
  const std::lock_guard lock(mutex_);
  Entries found;
  const auto end = entries_.upper_bound({channel, kind, ~0U});
  for (auto entry = entries_.lower_bound({channel, kind, 0}); entry != end; ++entry)
    found[std::get<2>(entry->first)] = entry->second;
  return found;
}

Result<> PtzBook::put(const std::string& channel, PtzKind kind, unsigned number, const std::string& content) {
  const std::lock_guard lock(mutex_);
  auto insert =
      database_.prepare("INSERT OR REPLACE INTO entry(channel, kind, number, content) VALUES(?, ?, ?, ?)");
  if (!insert) return insert.error();
  auto done = insert
                  ->bind(std::string_view(channel), static_cast<std::int64_t>(kind), number,
                         std::string_view(content))
                  .run();
  if (!done) return done;
  entries_[{channel, kind, number}] = content;
  return {};
}

Result<> PtzBook::remove(const std::string& channel, PtzKind kind, unsigned number) {
  const std::lock_guard lock(mutex_);
  auto statement = database_.prepare("DELETE FROM entry WHERE channel = ? AND kind = ? AND number = ?");
  if (!statement) return statement.error();
  auto done = statement->bind(std::string_view(channel), static_cast<std::int64_t>(kind), number).run();
  if (!done) return done;
  entries_.erase({channel, kind, number});
  return {};
}

}  // namespace watchrig::central
