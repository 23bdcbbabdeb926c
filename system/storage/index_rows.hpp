#pragma once

#include "system/storage/chunk_index.hpp"

namespace watchrig::storage {

#define WATCHRIG_CHUNK_COLUMNS \
  "run, idx, segment, offset, head_bytes, payload_bytes, begin, last, interval_ns, frames, key, types"

#define WATCHRIG_THE_SOURCE "(SELECT id FROM source WHERE channel = ?1 AND stream = ?2)"

inline std::int64_t ns(base::UtcTime time) { return time.time_since_epoch().count(); }
inline base::UtcTime at(std::int64_t value) { return base::UtcTime(base::Duration(value)); }

/// Of the columns WATCHRIG_CHUNK_COLUMNS.
inline ChunkRow read_row(const platform::SqliteStatement& from) {
  ChunkRow row;
  row.run = static_cast<std::uint64_t>(from.integer(0));
  row.index = static_cast<std::uint32_t>(from.integer(1));
  row.segment = static_cast<std::uint64_t>(from.integer(2));
  row.offset = static_cast<std::uint64_t>(from.integer(3));
  row.head_bytes = static_cast<std::uint32_t>(from.integer(4));
  row.payload_bytes = static_cast<std::uint32_t>(from.integer(5));
  row.begin = at(from.integer(6));
  row.last = at(from.integer(7));
  row.interval_ns = static_cast<std::uint32_t>(from.integer(8));
  row.frames = static_cast<std::uint32_t>(from.integer(9));
  if (const auto key = from.optional_integer(10)) row.key = at(*key);
  row.types = static_cast<platform::RecordingTypes>(from.integer(11));
  return row;
}

/// Runs a query to its end; `take` is called for each row.
inline base::Result<> each(platform::SqliteStatement& query, const std::function<void()>& take) {
  for (;;) {
    const auto row = query.step();
    if (!row) return row.error();
    if (!*row) break;
    take();
  }
  query.reset();
  return {};
}

inline base::Result<std::int64_t> single_integer(platform::SqliteDatabase& database, std::string_view sql) {
  auto query = database.prepare(sql);
  if (!query) return query.error();
  const auto row = query->step();
  if (!row) return row.error();
  return *row ? query->integer(0) : 0;
}

}  // namespace watchrig::storage
