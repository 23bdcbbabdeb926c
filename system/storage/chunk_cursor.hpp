#pragma once

#include <deque>
#include <string>

#include "system/storage/chunk_index.hpp"

namespace watchrig::storage {

/// Walks over the chunks of one run in order, some hundred rows at a time, so that the index is never held
/// long.
class ChunkCursor {
 public:
  /// From the first chunk with begin >= from; up to those with begin < to.
  ChunkCursor(const ChunkIndex& index, std::string_view channel, std::string_view stream, std::uint64_t run,
              base::UtcTime from, base::UtcTime to)
      : index_(&index), channel_(channel), stream_(stream), run_(run), from_(from), to_(to) {}

  /// Nothing at the end.
  base::Result<std::optional<ChunkRow>> next();

 private:
  const ChunkIndex* index_;
  std::string channel_;
  std::string stream_;
  std::uint64_t run_;
  base::UtcTime from_;
  base::UtcTime to_;
  std::optional<ChunkRow> last_;
  std::deque<ChunkRow> rows_;
  bool at_end_ = false;
};

}  // namespace watchrig::storage
