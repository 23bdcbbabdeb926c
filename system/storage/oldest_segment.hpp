#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "system/base/metrics.hpp"
#include "system/storage/chunk_index.hpp"
#include "system/storage/storage_event.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

/// Makes room on a volume by taking away what was recorded first. The writer's thread alone.
class OldestSegment {
 public:
  OldestSegment(std::filesystem::path directory, std::shared_ptr<ChunkIndex> index,
                std::shared_ptr<VolumeFiles> files, base::Metrics& metrics, EventSink sink);

  /// Removes the oldest segment that is full and in the index, first from the index: after a crash in between
  /// it is found again. One that could not be removed is tried again before another goes. False when there is
  /// none. Errors: of the index, of the file system.
  base::Result<bool> remove();

 private:
  const std::filesystem::path directory_;
  const std::shared_ptr<ChunkIndex> index_;
  const std::shared_ptr<VolumeFiles> files_;
  base::Counter& removed_;
  const EventSink sink_;
  std::optional<std::uint64_t> forgotten_;  ///< not removed yet
  bool told_ = false;
};

}  // namespace watchrig::storage
