#include "system/storage/chunk_cursor.hpp"

namespace watchrig::storage {
namespace {
constexpr std::size_t rows_at_a_time = 512;
}

base::Result<std::optional<ChunkRow>> ChunkCursor::next() {
  if (rows_.empty() && !at_end_) {
    const auto rows = index_->chunks(channel_, stream_, run_, from_, to_, rows_at_a_time);
    if (!rows) return rows.error();
    at_end_ = rows->size() < rows_at_a_time;
    // Chunks may have the same begin, so the last one read comes again.
    for (const ChunkRow& row : *rows) {
      if (!last_ || row.begin > last_->begin || row.index > last_->index) rows_.push_back(row);
    }
    if (!rows_.empty()) {
      last_ = rows_.back();
      from_ = last_->begin;
    }
  }
  if (rows_.empty()) return std::optional<ChunkRow>();
  const ChunkRow row = rows_.front();
  rows_.pop_front();
  return std::optional(row);
}

}  // namespace watchrig::storage
