#include "system/storage/chunk_removal.hpp"

#include "system/base/log.hpp"
#include "system/storage/segment_log.hpp"

namespace watchrig::storage {

base::Result<> ChunkRemoval::remove(const std::vector<IndexedChunk>& chunks) {
  if (chunks.empty()) return {};
  if (auto forgotten = index_->forget(chunks); !forgotten) return forgotten;
  if (gives_back_) give_back(chunks);
  return {};
}

void ChunkRemoval::give_back(const std::vector<IndexedChunk>& chunks) {
  std::unique_ptr<SegmentFile> file;
  std::uint64_t open_segment = 0;
  for (const auto& chunk : chunks) {
    const auto part = removable_part(chunk.row.offset, chunk.row);
    if (part.size == 0) continue;
    const auto path = directory_ / segment_name(chunk.row.segment);
    if (open_segment != chunk.row.segment) {
      auto opened = files_->open(path);
      open_segment = chunk.row.segment;
      file = opened ? std::move(*opened) : nullptr;
      if (!opened) base::log_warning("what was removed of it still takes space: {}", opened.error().message);
    }
    if (!file) continue;
    const auto given = file->give_back(part.offset, part.size);
    if (given) continue;
    base::log_warning("{}: what was removed of it still takes space: {}", path.native(),
                      given.error().message);
    if (given.error().kind == base::ErrorKind::unsupported) {
      gives_back_ = false;
      return;
    }
  }
}

}  // namespace watchrig::storage
