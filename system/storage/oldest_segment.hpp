#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "system/base/clock.hpp"
#include "system/base/metrics.hpp"
#include "system/storage/chunk_removal.hpp"
#include "system/storage/span_locks.hpp"
#include "system/storage/storage_event.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

/// Takes away what was recorded first, a segment that is full at a time: first from the index and then from
/// the volume, so that after a crash in between it is found again. Of a segment with something locked in it
/// the rest goes. The writer's thread, but for removed().
class OldestSegment {
 public:
  struct Settings {
    std::filesystem::path directory;
    std::filesystem::path index_suspect;  ///< made when the index is damaged: the next start makes it again
  };
  OldestSegment(Settings settings, std::shared_ptr<ChunkIndex> index, std::shared_ptr<SpanLocks> locks,
                std::shared_ptr<ChunkRemoval> removal, std::shared_ptr<VolumeFiles> files,
                const base::Clock& clock, base::Metrics& metrics, EventSink sink);

  /// Makes room for newer recordings. False when there is nothing to take, when all together would not give
  /// the space that is `needed`, or for a while after a segment whose space did not become free: snapshots
  /// may hold it. Errors: of the file system.
  base::Result<bool> overwrite(std::uint64_t needed);
  /// Takes the oldest away if all of it is older than that; false when it is not. Errors: of the index, of
  /// the file system.
  base::Result<bool> expire(base::UtcTime before);

  std::uint64_t removed() const { return removed_; }

 private:
  struct Taken {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;       ///< that should be free now
    bool was_there = true;         ///< nobody had removed it before
    bool nothing_to_take = false;  ///< it stays for what is locked in it
  };
  /// The first from which something may be taken, or the one that could not be removed before.
  base::Result<std::optional<OldSegment>> find();
  base::Result<Taken> take_away(const OldSegment& segment);
  /// What is not locked, if something is; nothing where all of it may go.
  base::Result<std::optional<Taken>> trim(const OldSegment& segment, const SpanLocks::Held& held);
  base::Result<> forget(const OldSegment& segment);
  base::Error noted(base::Error error) const;

  const Settings settings_;
  const std::shared_ptr<ChunkIndex> index_;
  const std::shared_ptr<SpanLocks> locks_;
  const std::shared_ptr<ChunkRemoval> removal_;
  const std::shared_ptr<VolumeFiles> files_;
  const base::Clock& clock_;
  base::Counter& overwritten_;
  base::Counter& expired_;
  const EventSink sink_;
  std::uint64_t taken_ = 0;                ///< the last one; those up to it are gone
  std::optional<OldSegment> not_removed_;  ///< is out of the index already
  base::UtcTime pause_;                    ///< nothing is overwritten before
  std::atomic<std::uint64_t> removed_ = 0;
  bool told_ = false;
};

}  // namespace watchrig::storage
