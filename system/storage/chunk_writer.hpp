#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "system/storage/chunk_index.hpp"
#include "system/storage/chunk_queue.hpp"
#include "system/storage/oldest_segment.hpp"
#include "system/storage/retention_sweep.hpp"
#include "system/storage/segment_log.hpp"
#include "system/storage/volume_lock.hpp"

namespace watchrig::storage {

/// The thread that commits: it takes the chunks of all channels that are ready, writes them with one wait for
/// the disk, and only then adds their rows to the index, in one transaction. On a full or failing volume it
/// keeps what no other volume takes, says so once, and tries again; the queue is what limits the memory.
class ChunkWriter {
 public:
  struct Settings {
    std::string volume;
    std::size_t number = 0;  ///< of the volume in the queue
    base::Duration retry_interval{};
    std::filesystem::path
        index_suspect;      ///< made when the index turns out to be corrupt: the next start rebuilds it
    base::Duration keep{};  ///< zero: for ever
    std::shared_ptr<OldestSegment> oldest;
    std::shared_ptr<RetentionSweep> sweep;
    const VolumeLock* lock = nullptr;  ///< says whether the volume is still there
  };
  struct Totals {
    std::uint64_t chunks = 0;
    std::uint64_t bytes = 0;
    std::uint64_t groups = 0;
    std::uint64_t segments_made = 0;
    base::Duration longest_commit{};
  };

  ChunkWriter(Settings settings, ChunkQueue& queue, SegmentLog log, ChunkIndex& index,
              const base::Clock& clock, base::Metrics& metrics, EventSink sink);
  ~ChunkWriter();
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;

  /// Returns after the queue's last batch; it must have been stopped, or have given up the volume. Any
  /// thread.
  void finish();
  Totals totals() const;

 private:
  void run();
  std::optional<base::Error> commit();
  void look_whether_there(base::UtcTime now);
  void note_commit(std::size_t chunks, base::Duration took);
  std::optional<base::Error> write_index();
  void remove_expired(base::UtcTime now);
  void sweep(base::UtcTime now);
  std::optional<base::Error> try_again();
  void volume_failed(const base::Error& error);
  void volume_works();

  const Settings settings_;
  ChunkQueue& queue_;
  SegmentLog log_;
  ChunkIndex& index_;
  const base::Clock& clock_;
  const EventSink sink_;
  base::Counter& bytes_written_;
  base::Counter& chunks_written_;
  base::Counter& commits_;
  base::Counter& commit_seconds_;
  base::Gauge& failing_gauge_;

  std::vector<std::unique_ptr<PendingChunk>> group_;  ///< taken from the queue and not on the disk yet
  std::vector<IndexedChunk> rows_;                    ///< on the disk and not in the index yet
  std::vector<SegmentRow> segments_;
  bool volume_failing_ = false;
  bool index_failing_ = false;
  base::UtcTime try_at_;  ///< when a volume of which others have all is tried
  base::UtcTime worked_at_;
  base::Duration pause_{};
  base::UtcTime next_expiry_;
  base::UtcTime next_sweep_;
  base::UtcTime next_look_;
  std::uint64_t segments_then_ = 0;  ///< made up to the last look at what has expired

  mutable std::mutex totals_mutex_;
  Totals totals_;
  std::once_flag finished_;
  std::thread thread_;
};

}  // namespace watchrig::storage
