#include "system/storage/storage.hpp"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/storage/chunk_queue.hpp"
#include "system/storage/chunk_writer.hpp"
#include "system/storage/oldest_segment.hpp"
#include "system/storage/reader_state.hpp"
#include "system/storage/recorded_spans.hpp"
#include "system/storage/recovery.hpp"
#include "system/storage/volume_lock.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;

base::Result<> check(const Options& options) {
  const auto refuse = [](std::string_view name, std::string_view range) {
    return Error{ErrorKind::invalid, fmt::format("storage: {} must be {}", name, range)};
  };
  if (options.directory.empty()) return refuse("directory", "given");
  if (options.segment_bytes < (1u << 20) || options.segment_bytes > (16ull << 30)) {
    return refuse("segment_bytes", "1 MiB to 16 GiB");
  }
  if (options.chunk_duration < std::chrono::milliseconds(20) ||
      options.chunk_duration > std::chrono::seconds(10)) {
    return refuse("chunk_duration", "20 ms to 10 s");
  }
  if (options.group_interval < base::Duration::zero() || options.group_interval > std::chrono::seconds(10)) {
    return refuse("group_interval", "0 to 10 s");
  }
  if (options.most_locked_percent > 90) return refuse("most_locked_percent", "0 to 90");
  if (options.queue_bytes < (1u << 20)) return refuse("queue_bytes", "1 MiB or more");
  return {};
}

}  // namespace

struct Storage::Parts {
  Options options;
  const base::Clock& clock;
  base::Metrics& metrics;
  EventSink sink;
  VolumeLock lock;
  std::shared_ptr<ChunkIndex> index;
  std::shared_ptr<ChunkQueue> queue;
  std::shared_ptr<SpanLocks> locks;
  std::shared_ptr<OldestSegment> oldest;
  std::shared_ptr<RetentionSweep> sweep;
  std::unique_ptr<ChunkWriter> writer;
  std::uint64_t segments_found = 0;
  std::mutex locking = {};  ///< one lock after another is added, since together they have a limit
};

base::Result<std::unique_ptr<Storage>> Storage::open(const Options& options, const base::Clock& clock,
                                                     base::Metrics& metrics, EventSink sink) {
  if (auto checked = check(options); !checked) return checked.error();
  const std::string volume = options.directory.native();
  auto lock = VolumeLock::take(options.directory);
  if (!lock) return lock.error();
  auto files = options.files ? options.files : system_files();
  auto recovered = recover_volume(options.directory, *files, sink);
  if (!recovered) return recovered.error();

  auto locks = SpanLocks::open(options.directory, *recovered->index, clock.now(), sink);
  if (!locks) return std::move(locks).error().within(fmt::format("volume \"{}\"", volume));

  std::unique_ptr<Parts> parts(
      new Parts{options, clock, metrics, sink, std::move(*lock), {}, {}, std::move(*locks), {}, {}, {}, 0});
  parts->options.files = files;
  parts->index = std::move(recovered->index);
  parts->segments_found = recovered->segments;
  parts->queue = std::make_shared<ChunkQueue>(
      ChunkQueue::Settings{volume, options.chunk_duration, options.group_interval, options.stall_alarm,
                           options.queue_bytes, recovered->last_run},
      clock, metrics, sink);
  const auto removal = std::make_shared<ChunkRemoval>(options.directory, parts->index, files);
  parts->oldest = std::make_shared<OldestSegment>(
      OldestSegment::Settings{options.directory, options.directory / index_suspect_name}, parts->index,
      parts->locks, removal, files, clock, metrics, parts->sink);
  parts->sweep = std::make_shared<RetentionSweep>(
      parts->index, parts->locks, removal,
      metrics.counter("watchrig_storage_expired_chunks_total",
                      "Chunks that were beyond what is kept of their channels", {{"volume", volume}}));
  SegmentLog log({options.directory, options.segment_bytes, options.full, parts->oldest}, files, clock,
                 recovered->last_number, std::move(recovered->tail));
  parts->writer = std::make_unique<ChunkWriter>(
      ChunkWriter::Settings{volume, options.retry_interval, options.directory / index_suspect_name,
                            options.keep, parts->oldest, parts->sweep},
      *parts->queue, std::move(log), *parts->index, clock, metrics, sink);
  return std::unique_ptr<Storage>(new Storage(std::move(parts)));
}

Storage::Storage(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Storage::~Storage() { stop(); }

base::Result<std::shared_ptr<ChannelRecorder>> Storage::record(const std::string& channel,
                                                               const std::string& stream,
                                                               media::Presentation presentation) {
  auto feed = parts_->queue->open(channel, stream, std::move(presentation));
  if (!feed) return feed.error();
  return std::make_shared<ChannelRecorder>(parts_->queue, std::move(*feed));
}

base::Result<std::shared_ptr<ChannelRecorder>> Storage::fill(const std::string& channel,
                                                             const std::string& stream,
                                                             media::Presentation presentation,
                                                             const Hole& hole) {
  auto feed = parts_->queue->open_hole(channel, stream, std::move(presentation), hole);
  if (!feed) return feed.error();
  return std::make_shared<ChannelRecorder>(parts_->queue, std::move(*feed));
}

base::Result<std::vector<base::UtcTime>> Storage::recorded_days(std::string_view channel,
                                                                std::string_view stream,
                                                                std::span<const base::UtcTime> bounds,
                                                                platform::RecordingTypes types) const {
  return find_days(*parts_->index, channel, stream, bounds, types);
}

base::Result<std::vector<Hole>> Storage::holes(std::string_view channel, std::string_view stream,
                                               base::UtcTime from, base::UtcTime to) const {
  return find_holes(*parts_->index, channel, stream, from, to);
}

base::Result<std::vector<Span>> Storage::spans(std::string_view channel, std::string_view stream,
                                               base::UtcTime from, base::UtcTime to,
                                               platform::RecordingTypes types) const {
  return find_spans(*parts_->index, channel, stream, from, to, types);
}

base::Result<RecordingReader> Storage::read(std::string_view channel, std::string_view stream,
                                            base::UtcTime from, base::UtcTime to) const {
  auto runs = parts_->index->runs(channel, stream, from, to);
  if (!runs) return runs.error();
  // The begin of a run may have been overwritten.
  std::erase_if(*runs, [&](const RunRow& run) {
    const auto begin = run.begin >= from ? run.begin : time_plus(from, -max_chunk_extent.count());
    const auto any = parts_->index->chunks(channel, stream, run.run, begin, to, 1);
    return any && any->empty();
  });
  if (runs->empty()) {
    return Error{ErrorKind::not_found,
                 fmt::format("nothing of stream \"{}\" of channel \"{}\" is recorded from {} to {}", stream,
                             channel, base::format_utc(from), base::format_utc(to))};
  }
  auto state = std::make_unique<RecordingReader::State>();
  state->index = parts_->index;
  state->files = parts_->options.files;
  state->directory = parts_->options.directory;
  state->sink = parts_->sink;
  state->channel = channel;
  state->stream = stream;
  state->from = from;
  state->to = to;
  state->runs.assign(runs->begin(), runs->end());
  return RecordingReader(std::move(state));
}

base::Result<std::optional<base::UtcTime>> Storage::last_before(std::string_view channel,
                                                                std::string_view stream,
                                                                base::UtcTime time) const {
  const auto runs = parts_->index->runs(channel, stream, base::UtcTime::min(), time);
  if (!runs) return runs.error();
  auto newest_first = *runs;
  std::sort(newest_first.begin(), newest_first.end(),
            [](const RunRow& x, const RunRow& y) { return x.last > y.last; });
  std::optional<base::UtcTime> last;
  for (const auto& run : newest_first) {
    if (last && run.last <= *last) break;
    const auto chunk = parts_->index->chunk_before(channel, stream, run.run, time);
    if (!chunk) return chunk.error();
    if (!*chunk) continue;
    const auto own = std::min((*chunk)->last, time - base::Duration(1));
    if (!last || own > *last) last = own;
  }
  return last;
}

void Storage::limit(Retentions limits) { parts_->sweep->set(std::move(limits)); }

base::UtcTime Storage::removed_until(const std::string& channel) const {
  return parts_->sweep->removed_until(channel);
}

base::Result<SpanLock> Storage::lock(SpanLock lock) {
  lock.made = parts_->clock.now();
  if (lock.channel.empty()) return Error{ErrorKind::invalid, "a lock on recordings is of one channel"};
  if (lock.from >= lock.to || lock.to > lock.made) {
    return Error{
        ErrorKind::invalid,
        fmt::format("recordings from {} to {} cannot be locked: the period must end after it begins, and "
                    "by now",
                    base::format_utc(lock.from), base::format_utc(lock.to))};
  }
  const std::lock_guard guard(parts_->locking);
  // Whoever asks again had no answer, and has no second lock.
  for (const auto& other : parts_->locks->all()) {
    if (other.channel == lock.channel && other.from == lock.from && other.to == lock.to &&
        other.reason == lock.reason && other.by == lock.by)
      return other;
  }
  const auto space = parts_->options.files->space(parts_->options.directory);
  if (!space) return space.error();
  const auto most = space->capacity / 100 * parts_->options.most_locked_percent;
  for (;;) {
    const auto found = find_lockable(*parts_->index, lock.channel, lock.from, lock.to);
    if (!found) return found.error();
    lock.kept_from = found->kept_from;
    lock.bytes = found->bytes;
    std::uint64_t locked = 0;
    for (const auto& other : parts_->locks->all()) locked += other.bytes;
    if (locked + lock.bytes > most) {
      return Error{
          ErrorKind::conflict,
          fmt::format("{} bytes of recordings are locked and {} more would be, of {} that may be: remove "
                      "another lock, or export it before",
                      locked, lock.bytes, most)};
    }
    const auto added =
        parts_->locks->add(lock, [&] { return is_there(*parts_->index, lock.channel, *found); });
    if (!added) return added.error();
    if (*added) return **added;
  }
}

base::Result<SpanLock> Storage::unlock(std::int64_t id) { return parts_->locks->remove(id); }

std::vector<SpanLock> Storage::locks() const { return parts_->locks->all(); }

base::Result<> Storage::flush(base::Duration deadline) { return parts_->queue->flush(deadline); }

StorageStats Storage::stats() const {
  const auto totals = parts_->writer->totals();
  StorageStats stats;
  stats.chunks = totals.chunks;
  stats.bytes = totals.bytes;
  stats.groups = totals.groups;
  stats.segments = parts_->segments_found + totals.segments_made - parts_->oldest->removed();
  stats.queued_bytes = parts_->queue->queued_bytes();
  stats.dropped_units = parts_->queue->dropped_units();
  stats.longest_commit = totals.longest_commit;
  return stats;
}

void Storage::stop() {
  parts_->queue->stop();
  parts_->writer->finish();
}

}  // namespace watchrig::storage
