#include "system/storage/chunk_removal.hpp"

#include <algorithm>

#include "system/base/log.hpp"
#include "system/storage/segment_log.hpp"

namespace watchrig::storage {

ChunkRemoval::ChunkRemoval(std::filesystem::path directory, std::shared_ptr<ChunkIndex> index,
                           std::shared_ptr<VolumeFiles> files)
    : directory_(std::move(directory)), index_(std::move(index)), files_(std::move(files)) {
  const auto trial = directory_ / (std::string("trial") + unfinished_suffix);
  auto file = files_->create(trial, 2 * group_alignment);
  if (!file) return;  // a volume that is full, or worse: told by who writes to it
  const auto given = (*file)->give_back(0, group_alignment);
  gives_back_ = given || given.error().kind != base::ErrorKind::unsupported;
  if (!gives_back_)
    base::log_warning("{}: single recordings are removed without freeing space", given.error().message);
  static_cast<void>(files_->remove(trial));
}

base::Result<> ChunkRemoval::remove(std::vector<IndexedChunk> chunks) {
  if (chunks.empty()) return {};
  if (auto forgotten = index_->forget(chunks); !forgotten) return forgotten;
  if (!gives_back_) return {};
  // Each segment is opened once, and told of once.
  std::sort(chunks.begin(), chunks.end(),
            [](const auto& a, const auto& b) { return a.row.segment < b.row.segment; });
  const auto freed = give_back(chunks);
  if (auto added = index_->add_freed(freed); !added)
    base::log_warning("volume \"{}\": {}", directory_.native(), added.error().message);
  return {};
}

std::map<std::uint64_t, std::uint64_t> ChunkRemoval::give_back(const std::vector<IndexedChunk>& chunks) {
  std::map<std::uint64_t, std::uint64_t> freed;
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
    if (given) {
      freed[chunk.row.segment] += part.size;
      continue;
    }
    base::log_warning("{}: what was removed of it still takes space: {}", path.native(),
                      given.error().message);
    file.reset();
    if (given.error().kind == base::ErrorKind::unsupported) {
      gives_back_ = false;
      break;
    }
  }
  return freed;
}

}  // namespace watchrig::storage
