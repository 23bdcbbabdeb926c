#include <map>

#include "system/storage/index_rows.hpp"

namespace watchrig::storage {

base::Result<> ChunkIndex::run(const char* sql, auto... values) {
  auto statement = writer_.prepare(sql);
  if (!statement) return statement.error();
  return statement->bind(values...).run();
}

/// On the medium before files or parts of them go: else a power cut would bring back the rows alone.
base::Result<> ChunkIndex::durably(const std::function<base::Result<>()>& change) {
  if (auto set = writer_.execute("PRAGMA synchronous = FULL"); !set) return set;
  auto done = writer_.execute("BEGIN IMMEDIATE");
  if (done) {
    done = change();
    if (done) done = writer_.execute("COMMIT");
    if (!done) static_cast<void>(writer_.execute("ROLLBACK"));
  }
  auto set = writer_.execute("PRAGMA synchronous = NORMAL");
  return done ? set : done;
}

base::Result<> ChunkIndex::forget(std::uint64_t segment, std::uint64_t bytes) {
  return durably([&] { return forget_rows(segment, bytes); });
}

base::Result<> ChunkIndex::forget(const std::vector<IndexedChunk>& chunks) {
  return durably([&] { return forget_rows(chunks); });
}

base::Result<> ChunkIndex::forget_rows(std::uint64_t segment, std::uint64_t bytes) {
  struct Place {
    std::int64_t source, run, first, last;
  };
  std::vector<Place> places;
  auto find = writer_.prepare("SELECT source, run, first, last FROM place WHERE segment = ?");
  if (!find) return find.error();
  find->bind(segment);
  auto read = each(*find, [&] {
    places.push_back({find->integer(0), find->integer(1), find->integer(2), find->integer(3)});
  });
  if (!read) return read;
  // By the primary key: in a large index nothing else finds the rows of a segment in time.
  auto rows = writer_.prepare(
      "DELETE FROM chunk WHERE source = ? AND run = ? AND begin >= ? AND begin <= ? AND segment = ? "
      "AND offset + head_bytes + payload_bytes > ? RETURNING head_bytes + payload_bytes");
  if (!rows) return rows.error();
  auto shrink = writer_.prepare("UPDATE run SET bytes = max(bytes - ?3, 0) WHERE source = ?1 AND run = ?2");
  if (!shrink) return shrink.error();
  auto runs = writer_.prepare(
      "DELETE FROM run WHERE source = ?1 AND run = ?2 "
      "AND NOT EXISTS (SELECT 1 FROM chunk WHERE source = ?1 AND run = ?2)");
  if (!runs) return runs.error();
  for (const auto& place : places) {
    rows->bind(place.source, place.run, place.first, place.last, segment, bytes);
    std::int64_t removed = 0;
    auto done = each(*rows, [&] { removed += rows->integer(0); });
    if (done) done = shrink->bind(place.source, place.run, removed).run();
    if (done) done = runs->bind(place.source, place.run).run();
    if (!done) return done;
  }
  if (bytes > 0)
    return run("UPDATE segment SET known_bytes = min(known_bytes, ?2) WHERE number = ?1", segment, bytes);
  for (const char* sql : {"DELETE FROM place WHERE segment = ?", "DELETE FROM segment WHERE number = ?"})
    if (auto done = run(sql, segment); !done) return done;
  return {};
}

base::Result<> ChunkIndex::forget_rows(const std::vector<IndexedChunk>& chunks) {
  std::map<std::tuple<std::string_view, std::string_view, std::uint64_t>, std::uint64_t> runs;
  auto remove = writer_.prepare("DELETE FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
                                " AND run = ?3 AND begin = ?4 AND idx = ?5");
  if (!remove) return remove.error();
  for (const auto& chunk : chunks) {
    const std::string_view channel = chunk.channel;
    const std::string_view stream = chunk.stream;
    auto done = remove->bind(channel, stream, chunk.row.run, ns(chunk.row.begin), chunk.row.index).run();
    if (!done) return done;
    if (writer_.changed_rows() > 0) runs[{channel, stream, chunk.row.run}] += chunk.row.bytes();
  }
  for (const auto& [key, bytes] : runs) {
    const auto& [channel, stream, number] = key;
    auto done = run("DELETE FROM run WHERE source = " WATCHRIG_THE_SOURCE
                    " AND run = ?3 AND NOT EXISTS (SELECT 1 FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
                    " AND run = ?3)",
                    channel, stream, number);
    if (!done) return done;
    done =
        run("UPDATE run SET bytes = max(bytes - ?4, 0), "
            "begin = (SELECT begin FROM chunk WHERE chunk.source = run.source AND chunk.run = run.run "
            "ORDER BY begin LIMIT 1), "
            "last = (SELECT last FROM chunk WHERE chunk.source = run.source AND chunk.run = run.run "
            "ORDER BY begin DESC, idx DESC LIMIT 1) WHERE source = " WATCHRIG_THE_SOURCE " AND run = ?3",
            channel, stream, number, bytes);
    if (!done) return done;
  }
  return {};
}

base::Result<> ChunkIndex::add_freed(const std::map<std::uint64_t, std::uint64_t>& bytes) {
  if (auto begun = writer_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  base::Result<> done;
  for (auto at = bytes.begin(); done && at != bytes.end(); ++at)
    done = run("UPDATE segment SET freed = freed + ?2 WHERE number = ?1", at->first, at->second);
  if (done) done = writer_.execute("COMMIT");
  if (!done) static_cast<void>(writer_.execute("ROLLBACK"));
  return done;
}

base::Result<> ChunkIndex::set_locked(std::uint64_t segment) {
  return run("UPDATE segment SET locked = 1 WHERE number = ?", segment);
}

base::Result<> ChunkIndex::release(std::string_view channel, base::UtcTime from, base::UtcTime to) {
  if (channel.empty()) return run("UPDATE segment SET locked = 0 WHERE locked");
  return run(
      "UPDATE segment SET locked = 0 WHERE locked AND EXISTS (SELECT 1 FROM place "
      "JOIN source ON source.id = place.source WHERE place.segment = number AND channel = ?1 "
      "AND first < ?3 AND place.last >= ?2)",
      channel, ns(time_plus(from, -max_chunk_extent.count())), ns(to));
}

base::Result<std::vector<IndexedChunk>> ChunkIndex::chunks_in(std::uint64_t segment) {
  auto query = writer_.prepare(
      "SELECT chunk.run, idx, chunk.segment, offset, head_bytes, payload_bytes, begin, chunk.last, "
      "interval_ns, "
      "frames, key, types, channel, stream FROM place "
      "JOIN chunk ON chunk.source = place.source AND chunk.run = place.run AND begin BETWEEN first AND "
      "place.last "
      "AND chunk.segment = place.segment JOIN source ON source.id = place.source "
      "WHERE place.segment = ? ORDER BY offset");
  if (!query) return query.error();
  query->bind(segment);
  std::vector<IndexedChunk> rows;
  auto read = each(*query, [&] { rows.push_back({query->text(12), query->text(13), read_row(*query)}); });
  if (!read) return read.error();
  return rows;
}

base::Result<std::optional<OldSegment>> ChunkIndex::oldest_sealed(std::uint64_t after) {
  auto query = writer_.prepare(
      "SELECT number, max(known_bytes - freed, 0), (SELECT max(last) FROM place WHERE segment = number) FROM "
      "segment "
      "WHERE sealed AND NOT locked AND number > ? ORDER BY number LIMIT 1");
  if (!query) return query.error();
  query->bind(after);
  std::optional<OldSegment> oldest;
  auto read = each(*query, [&] {
    oldest.emplace();
    oldest->number = static_cast<std::uint64_t>(query->integer(0));
    oldest->bytes = static_cast<std::uint64_t>(query->integer(1));
    if (const auto last = query->optional_integer(2)) oldest->newest = at(*last);
  });
  if (!read) return read.error();
  return oldest;
}

base::Result<std::uint64_t> ChunkIndex::sealed_bytes() {
  const auto bytes = single_integer(
      writer_,
      "SELECT coalesce(sum(max(known_bytes - freed, 0)), 0) FROM segment WHERE sealed AND NOT locked");
  if (!bytes) return bytes.error();
  return static_cast<std::uint64_t>(*bytes);
}

base::Result<std::optional<ChunkRow>> ChunkIndex::chunk_before(std::string_view channel,
                                                               std::string_view stream, std::uint64_t run,
                                                               base::UtcTime time) const {
  const std::lock_guard lock(reading_);
  auto query =
      reader_.prepare("SELECT " WATCHRIG_CHUNK_COLUMNS " FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
                      " AND run = ?3 AND begin < ?4 ORDER BY begin DESC, idx DESC LIMIT 1");
  if (!query) return query.error();
  query->bind(channel, stream, run, ns(time));
  std::optional<ChunkRow> row;
  auto read = each(*query, [&] { row = read_row(*query); });
  if (!read) return read.error();
  return row;
}

base::Result<base::UtcTime> ChunkIndex::decodable_from(std::string_view channel, std::string_view stream,
                                                       const RunRow& run, base::UtcTime time) const {
  const auto key = key_chunk(channel, stream, run.run, time);
  if (!key) return key.error();
  if (!*key) return run.begin;
  const auto shown = chunk_before(channel, stream, run.run, time + base::Duration(1));
  if (!shown) return shown.error();
  if (!*shown) return run.begin;  // removed since
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare("SELECT count(*) FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
                               " AND run = ?3 AND begin >= ?4 AND begin <= ?5 AND idx BETWEEN ?6 AND ?7");
  if (!query) return query.error();
  const auto first = (*key)->index, last = (*shown)->index;
  query->bind(channel, stream, run.run, ns((*key)->begin), ns((*shown)->begin), first, last);
  std::int64_t between = 0;
  auto read = each(*query, [&] { between = query->integer(0); });
  if (!read) return read.error();
  return between == std::int64_t{last} - first + 1 ? (*key)->begin : (*shown)->begin;
}

base::Result<std::optional<base::UtcTime>> ChunkIndex::newest() const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare("SELECT max(last) FROM run");
  if (!query) return query.error();
  std::optional<base::UtcTime> newest;
  auto read = each(*query, [&] {
    if (const auto last = query->optional_integer(0)) newest = at(*last);
  });
  if (!read) return read.error();
  return newest;
}

base::Result<std::vector<std::string>> ChunkIndex::streams(std::string_view channel) const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare("SELECT stream FROM source WHERE channel = ? ORDER BY id");
  if (!query) return query.error();
  query->bind(channel);
  std::vector<std::string> streams;
  auto read = each(*query, [&] { streams.push_back(query->text(0)); });
  if (!read) return read.error();
  return streams;
}

base::Result<std::uint64_t> ChunkIndex::bytes(std::string_view channel) const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare(
      "SELECT coalesce(sum(bytes), 0) FROM run JOIN source ON source.id = run.source WHERE channel = ?");
  if (!query) return query.error();
  query->bind(channel);
  std::uint64_t sum = 0;
  auto read = each(*query, [&] { sum = static_cast<std::uint64_t>(query->integer(0)); });
  if (!read) return read.error();
  return sum;
}

base::Result<std::uint64_t> ChunkIndex::bytes(std::string_view channel, std::string_view stream,
                                              std::uint64_t run, base::UtcTime from, base::UtcTime to) const {
  const std::lock_guard lock(reading_);
  auto query = reader_.prepare(
      "SELECT coalesce(sum(head_bytes + payload_bytes), 0) FROM chunk WHERE source = " WATCHRIG_THE_SOURCE
      " AND run = ?3 AND begin >= ?4 AND begin < ?5");
  if (!query) return query.error();
  query->bind(channel, stream, run, ns(from), ns(to));
  std::uint64_t sum = 0;
  auto read = each(*query, [&] { sum = static_cast<std::uint64_t>(query->integer(0)); });
  if (!read) return read.error();
  return sum;
}

}  // namespace watchrig::storage
