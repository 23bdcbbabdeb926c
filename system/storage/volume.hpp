#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system/storage/chunk_queue.hpp"
#include "system/storage/chunk_writer.hpp"
#include "system/storage/recorded_runs.hpp"
#include "system/storage/storage.hpp"
#include "system/storage/volume_lock.hpp"

namespace watchrig::storage {

/// One volume: a log of chunks in segments (FORMAT.md), with an SQLite index that can always be made again
/// from them, its locks and its writer. Any thread may call every function.
class Volume {
 public:
  struct Settings {
    VolumePlace place;
    std::size_t number = 0;  ///< in the queue
    RetentionSweep::Elsewhere elsewhere;
  };
  /// Locks the directory, completes the index (or rebuilds it, which reads every segment) and starts the
  /// writer. Errors: conflict (another server has the directory), denied, invalid (not a directory), io.
  static base::Result<std::unique_ptr<Volume>> open(Settings settings, const Options& options,
                                                    std::shared_ptr<ChunkQueue> queue,
                                                    const base::Clock& clock, base::Metrics& metrics,
                                                    const EventSink& sink);

  /// For readers, which may outlive it.
  const std::shared_ptr<const RecordedVolume>& recorded() const { return recorded_; }
  std::string name() const { return recorded_->directory.native(); }

  /// Locks what of that is on this volume, and says how much; kept_from is that, or before. Errors: conflict
  /// (as much is locked as may be), not_found (nothing, unless `in_any_case`), of the index, of the file
  /// system.
  base::Result<SpanLock> lock(SpanLock lock, bool in_any_case);
  SpanLocks& locks() { return *locks_; }
  RetentionSweep& sweep() { return *sweep_; }

  ChunkWriter::Totals totals() const { return writer_->totals(); }
  std::uint64_t segments() const;
  /// Whether it is where it was; see VolumeLock::check().
  base::Result<> check() const { return lock_.check(); }
  /// The queue has been stopped, or has given it up.
  void finish() { writer_->finish(); }

 private:
  Volume(VolumeLock lock, std::shared_ptr<const RecordedVolume> recorded, std::shared_ptr<ChunkQueue> queue)
      : lock_(std::move(lock)), recorded_(std::move(recorded)), queue_(std::move(queue)) {}

  const VolumeLock lock_;
  const std::shared_ptr<const RecordedVolume> recorded_;
  const std::shared_ptr<ChunkQueue> queue_;
  std::shared_ptr<ChunkIndex> index_;
  std::shared_ptr<SpanLocks> locks_;
  std::shared_ptr<OldestSegment> oldest_;
  std::shared_ptr<RetentionSweep> sweep_;
  std::uint64_t segments_found_ = 0;
  std::uint64_t most_locked_percent_ = 0;
  std::mutex locking_;  ///< one lock after another is added, since together they have a limit
  std::unique_ptr<ChunkWriter> writer_;
};

}  // namespace watchrig::storage
