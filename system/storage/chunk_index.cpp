#include "system/storage/chunk_index.hpp"

#include <fmt/format.h>

#include "system/storage/index_rows.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;
using base::UtcTime;

constexpr int schema = 3;
constexpr std::uintmax_t quickly_checked_bytes = 64u << 20;

constexpr const char* make_tables = R"(
  BEGIN IMMEDIATE;
  CREATE TABLE source (id INTEGER PRIMARY KEY, channel TEXT NOT NULL, stream TEXT NOT NULL, UNIQUE (channel, stream));
  CREATE TABLE segment (number INTEGER PRIMARY KEY, known_bytes INTEGER NOT NULL, sealed INTEGER NOT NULL,
                        freed INTEGER NOT NULL DEFAULT 0, locked INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE run (source INTEGER NOT NULL, run INTEGER NOT NULL, begin INTEGER NOT NULL, last INTEGER NOT NULL,
                    bytes INTEGER NOT NULL, PRIMARY KEY (source, run)) WITHOUT ROWID;
  CREATE TABLE chunk (source INTEGER NOT NULL, run INTEGER NOT NULL, begin INTEGER NOT NULL, idx INTEGER NOT NULL,
                      segment INTEGER NOT NULL, offset INTEGER NOT NULL, head_bytes INTEGER NOT NULL,
                      payload_bytes INTEGER NOT NULL, last INTEGER NOT NULL, interval_ns INTEGER NOT NULL,
                      frames INTEGER NOT NULL, key INTEGER, types INTEGER NOT NULL,
                      PRIMARY KEY (source, run, begin, idx)) WITHOUT ROWID;
  CREATE TABLE place (segment INTEGER NOT NULL, source INTEGER NOT NULL, run INTEGER NOT NULL, first INTEGER NOT NULL,
                      last INTEGER NOT NULL, PRIMARY KEY (segment, source, run)) WITHOUT ROWID;
  PRAGMA user_version = 3;
  COMMIT;
)";

/// From schema 1, when all that was recorded was regular.
constexpr const char* add_types = R"(
  BEGIN IMMEDIATE;
  ALTER TABLE chunk ADD COLUMN types INTEGER NOT NULL DEFAULT 1;
  CREATE TABLE place (segment INTEGER NOT NULL, source INTEGER NOT NULL, run INTEGER NOT NULL, first INTEGER NOT NULL,
                      last INTEGER NOT NULL, PRIMARY KEY (segment, source, run)) WITHOUT ROWID;
  INSERT INTO place SELECT segment, source, run, min(begin), max(begin) FROM chunk GROUP BY segment, source, run;
  PRAGMA user_version = 2;
  COMMIT;
)";

/// From schema 2, when nothing but whole segments was removed.
constexpr const char* add_removal = R"(
  BEGIN IMMEDIATE;
  ALTER TABLE segment ADD COLUMN freed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE segment ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE run ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE run SET bytes = (SELECT coalesce(sum(head_bytes + payload_bytes), 0) FROM chunk
                          WHERE chunk.source = run.source AND chunk.run = run.run);
  PRAGMA user_version = 3;
  COMMIT;
)";

/// Looks for damaged pages where that takes no longer than a moment; in a large index they show when they are
/// used.
base::Result<> check(platform::SqliteDatabase& database, const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) > quickly_checked_bytes || error) return {};
  auto query = database.prepare("PRAGMA quick_check(1)");
  if (!query) return query.error();
  const auto row = query->step();
  if (!row) return row.error();
  if (*row && query->text(0) == "ok") return {};
  return Error{ErrorKind::corrupt, fmt::format("index {}: {}", path.native(), query->text(0))};
}

}  // namespace

ChunkRow make_row(const ChunkHead& head, std::uint64_t segment, std::uint64_t offset) {
  ChunkRow row;
  row.run = head.run;
  row.index = head.index;
  row.segment = segment;
  row.offset = offset;
  row.head_bytes = head.head_bytes;
  row.payload_bytes = head.payload_bytes;
  row.begin = head.begin;
  row.last = head.last;
  row.interval_ns = head.interval_ns;
  row.frames = count_frames(head);
  row.key = first_key(head);
  row.types = head.types ? head.types : platform::regular_recording;
  return row;
}

base::Result<std::unique_ptr<ChunkIndex>> ChunkIndex::open(const std::filesystem::path& path) {
  auto writer = platform::SqliteDatabase::open(path);
  if (!writer) return writer.error();
  const auto found = single_integer(*writer, "PRAGMA user_version");
  if (!found) return found.error();
  const auto tables = single_integer(*writer, "SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  if ((*found == 1 || *found == 2) && *tables != 0) {
    auto made = *found == 1 ? writer->execute(add_types) : base::Result<>();
    if (made) made = writer->execute(add_removal);
    if (!made) return made.error();
  } else if (*found != schema && (*found != 0 || *tables != 0)) {
    return Error{ErrorKind::unsupported,
                 fmt::format("index {}: schema {}, this program has {}", path.native(), *found, schema)};
  }
  if (*tables == 0) {
    if (auto made = writer->execute(make_tables); !made) return made.error();
  }
  if (auto sound = check(*writer, path); !sound) return sound.error();
  auto reader = platform::SqliteDatabase::open(path);
  if (!reader) return reader.error();
  std::unique_ptr<ChunkIndex> index(new ChunkIndex(std::move(*writer), std::move(*reader)));
  if (auto prepared = index->prepare(); !prepared) return prepared.error();
  return index;
}

void ChunkIndex::erase(const std::filesystem::path& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path.native() + suffix, ignored);
  }
}

base::Result<> ChunkIndex::prepare() {
  struct {
    std::optional<platform::SqliteStatement>& statement;
    platform::SqliteDatabase& database;
    const char* sql;
  } const statements[] = {
      {add_source_, writer_, "INSERT INTO source (channel, stream) VALUES (?, ?) ON CONFLICT DO NOTHING"},
      {add_chunk_, writer_,
       "INSERT OR REPLACE INTO chunk (source, " WATCHRIG_CHUNK_COLUMNS ") VALUES (" WATCHRIG_THE_SOURCE
       ", ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"},
      {add_run_, writer_,
       "INSERT INTO run (source, run, begin, last, bytes) VALUES (" WATCHRIG_THE_SOURCE ", ?3, ?4, ?5, ?6) "
       "ON CONFLICT DO UPDATE SET begin = min(begin, ?4), last = max(last, ?5), bytes = bytes + ?6"},
      {add_place_, writer_,
       "INSERT INTO place (segment, source, run, first, last) VALUES (?3, " WATCHRIG_THE_SOURCE
       ", ?4, ?5, ?5) ON CONFLICT DO UPDATE SET first = min(first, ?5), last = max(last, ?5)"},
      {add_segment_, writer_,
       "INSERT INTO segment (number, known_bytes, sealed, freed) VALUES (?1, ?2, ?3, ?4) "
       "ON CONFLICT DO UPDATE SET known_bytes = ?2, sealed = ?3"},
      {find_runs_, reader_,
       "SELECT run, begin, last FROM run WHERE source = " WATCHRIG_THE_SOURCE
       " AND begin < ?4 AND last >= ?3 ORDER BY run"},
      {find_chunks_, reader_,
       "SELECT " WATCHRIG_CHUNK_COLUMNS " FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
       " AND run = ?3 AND begin >= ?4 AND begin < ?5 ORDER BY begin, idx LIMIT ?6"},
      {find_key_, reader_,
       "SELECT " WATCHRIG_CHUNK_COLUMNS " FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
       " AND run = ?3 AND begin <= ?4 AND key <= ?4 ORDER BY begin DESC, idx DESC LIMIT 1"},
      {find_last_, reader_,
       "SELECT " WATCHRIG_CHUNK_COLUMNS " FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
       " AND run = ?3 ORDER BY begin DESC, idx DESC LIMIT 1"},
  };
  for (const auto& entry : statements) {
    auto made = entry.database.prepare(entry.sql);
    if (!made) return made.error();
    entry.statement.emplace(std::move(*made));
  }
  return {};
}

base::Result<> ChunkIndex::insert(const IndexedChunk& chunk) {
  const std::string_view channel = chunk.channel;
  const std::string_view stream = chunk.stream;
  const ChunkRow& row = chunk.row;
  if (auto done = add_source_->bind(channel, stream).run(); !done) return done;
  std::optional<std::int64_t> key;
  if (row.key) key = ns(*row.key);
  if (auto done = add_chunk_
                      ->bind(channel, stream, row.run, row.index, row.segment, row.offset, row.head_bytes,
                             row.payload_bytes, ns(row.begin), ns(row.last), row.interval_ns, row.frames, key,
                             row.types)
                      .run();
      !done) {
    return done;
  }
  if (auto done = add_place_->bind(channel, stream, row.segment, row.run, ns(row.begin)).run(); !done)
    return done;
  return add_run_->bind(channel, stream, row.run, ns(row.begin), ns(row.last), row.bytes()).run();
}

base::Result<> ChunkIndex::commit_rows(const std::vector<IndexedChunk>& chunks,
                                       const std::vector<SegmentRow>& segments) {
  for (const IndexedChunk& chunk : chunks) {
    if (auto done = insert(chunk); !done) return done;
  }
  for (const SegmentRow& row : segments) {
    const std::int64_t sealed = row.sealed;
    if (auto done = add_segment_->bind(row.number, row.known_bytes, sealed, row.freed).run(); !done)
      return done;
  }
  return writer_.execute("COMMIT");
}

base::Result<> ChunkIndex::commit(const std::vector<IndexedChunk>& chunks,
                                  const std::vector<SegmentRow>& segments) {
  if (auto begun = writer_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto done = commit_rows(chunks, segments);
  if (!done) static_cast<void>(writer_.execute("ROLLBACK"));
  return done;
}

base::Result<std::vector<SegmentRow>> ChunkIndex::segments() const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare("SELECT number, known_bytes, sealed FROM segment ORDER BY number");
  if (!query) return query.error();
  std::vector<SegmentRow> rows;
  auto read = each(*query, [&] {
    rows.push_back({static_cast<std::uint64_t>(query->integer(0)),
                    static_cast<std::uint64_t>(query->integer(1)), query->integer(2) != 0});
  });
  if (!read) return read.error();
  return rows;
}

base::Result<bool> ChunkIndex::knows(std::uint64_t segment) const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare("SELECT 1 FROM segment WHERE number = ?");
  if (!query) return query.error();
  query->bind(segment);
  return query->step();
}

base::Result<std::uint64_t> ChunkIndex::last_run() const {
  const std::lock_guard lock(reading_);
  const auto run = single_integer(reader_, "SELECT coalesce(max(run), 0) FROM run");
  if (!run) return run.error();
  return static_cast<std::uint64_t>(*run);
}

base::Result<std::vector<RunRow>> ChunkIndex::runs(std::string_view channel, std::string_view stream,
                                                   UtcTime from, UtcTime to) const {
  const std::lock_guard lock(reading_);
  find_runs_->bind(channel, stream, ns(from), ns(to));
  std::vector<RunRow> rows;
  auto read = each(*find_runs_, [&] {
    rows.push_back({static_cast<std::uint64_t>(find_runs_->integer(0)), at(find_runs_->integer(1)),
                    at(find_runs_->integer(2))});
  });
  if (!read) return read.error();
  return rows;
}

base::Result<std::vector<ChunkRow>> ChunkIndex::chunks(std::string_view channel, std::string_view stream,
                                                       std::uint64_t run, UtcTime from, UtcTime to,
                                                       std::size_t limit) const {
  const std::lock_guard lock(reading_);
  find_chunks_->bind(channel, stream, run, ns(from), ns(to), static_cast<std::uint64_t>(limit));
  std::vector<ChunkRow> rows;
  auto read = each(*find_chunks_, [&] { rows.push_back(read_row(*find_chunks_)); });
  if (!read) return read.error();
  return rows;
}

base::Result<std::optional<ChunkRow>> ChunkIndex::key_chunk(std::string_view channel, std::string_view stream,
                                                            std::uint64_t run, UtcTime time) const {
  const std::lock_guard lock(reading_);
  find_key_->bind(channel, stream, run, ns(time));
  std::optional<ChunkRow> row;
  auto read = each(*find_key_, [&] { row = read_row(*find_key_); });
  if (!read) return read.error();
  return row;
}

base::Result<std::optional<ChunkRow>> ChunkIndex::last_chunk(std::string_view channel,
                                                             std::string_view stream,
                                                             std::uint64_t run) const {
  const std::lock_guard lock(reading_);
  find_last_->bind(channel, stream, run);
  std::optional<ChunkRow> row;
  auto read = each(*find_last_, [&] { row = read_row(*find_last_); });
  if (!read) return read.error();
  return row;
}

base::Result<std::vector<IndexedChunk>> ChunkIndex::everything() const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare("SELECT " WATCHRIG_CHUNK_COLUMNS
                               ", channel, stream FROM chunk JOIN source ON source.id = chunk.source "
                               "ORDER BY channel, stream, run, idx");
  if (!query) return query.error();
  std::vector<IndexedChunk> rows;
  auto read = each(*query, [&] { rows.push_back({query->text(12), query->text(13), read_row(*query)}); });
  if (!read) return read.error();
  return rows;
}

}  // namespace watchrig::storage
