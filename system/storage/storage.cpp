#include "system/storage/storage.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/storage/chunk_queue.hpp"
#include "system/storage/reader_state.hpp"
#include "system/storage/recorded_spans.hpp"
#include "system/storage/volume.hpp"

namespace watchrig::storage {
namespace {

constexpr std::size_t most_volumes = 64;

using base::Error;
using base::ErrorKind;

base::Result<> check(const Options& options) {
  const auto refuse = [](std::string_view name, std::string_view range) {
    return Error{ErrorKind::invalid, fmt::format("storage: {} must be {}", name, range)};
  };
  if (options.volumes.empty() || options.volumes.size() > most_volumes) return refuse("volumes", "1 to 64");
  std::set<std::filesystem::path> directories;
  for (const auto& place : options.volumes) {
    if (place.directory.empty()) return refuse("directory", "given");
    if (!directories.insert((place.directory / "").lexically_normal()).second)
      return refuse(fmt::format("directory \"{}\"", place.directory.native()), "given once");
  }
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

/// A lock has a part on each volume that has something of it.
bool is_part_of(const SpanLock& one, const SpanLock& other) {
  return one.id == other.id && one.channel == other.channel && one.from == other.from && one.to == other.to &&
         one.reason == other.reason && one.by == other.by;
}

void join(SpanLock& lock, const SpanLock& part) {
  lock.kept_from = std::min(lock.kept_from, part.kept_from);
  lock.bytes += part.bytes;
}

std::vector<std::string> names_of(const Options& options) {
  std::vector<std::string> names;
  for (const auto& place : options.volumes) names.push_back(place.directory.native());
  return names;
}

void tell_unshared(const base::Error& error) {
  base::log_warning("what is locked on one volume could not be locked on another: {}", error.message);
}

}  // namespace

/// The volumes by their numbers, and the thread that opens those that could not be opened.
struct Storage::Parts {
  Parts(const Options& wanted, const base::Clock& time, base::Metrics& kept, const EventSink& told)
      : options(wanted),
        clock(time),
        metrics(kept),
        sink(told),
        queue(std::make_shared<ChunkQueue>(
            ChunkQueue::Settings{names_of(wanted), wanted.chunk_duration, wanted.group_interval,
                                 wanted.stall_alarm, wanted.queue_bytes},
            time, kept, told)),
        volumes(wanted.volumes.size()) {}

  const Options options;
  const base::Clock& clock;
  base::Metrics& metrics;
  const EventSink sink;
  const std::shared_ptr<ChunkQueue> queue;
  std::mutex locking;  ///< locks of all volumes are compared and changed

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Volume>> volumes;  ///< none where it could not be opened yet
  std::shared_ptr<const Retentions> limits = std::make_shared<Retentions>();
  bool stopped = false;
  std::thread reopening;

  std::vector<std::shared_ptr<Volume>> opened() const;
  RecordedVolumes recorded() const;
  base::Result<> open(std::size_t number);
  void reopen();
  RetentionSweep::Share elsewhere(std::size_t number, const std::string& channel, base::UtcTime now) const;
  base::Result<std::int64_t> next_lock();
  base::Result<> share_locks();
  std::vector<SpanLock> locks() const;
};

std::vector<std::shared_ptr<Volume>> Storage::Parts::opened() const {
  const std::lock_guard lock(mutex);
  auto all = volumes;
  std::erase(all, nullptr);
  return all;
}

RecordedVolumes Storage::Parts::recorded() const {
  RecordedVolumes all;
  for (const auto& volume : opened()) all.push_back(volume->recorded());
  return all;
}

base::Result<> Storage::Parts::open(std::size_t number) {
  RetentionSweep::Elsewhere others;
  if (volumes.size() > 1) {
    others = [this, number](const std::string& channel, base::UtcTime now) {
      return elsewhere(number, channel, now);
    };
  }
  auto volume = Volume::open({options.volumes[number], number, std::move(others)}, options, queue, clock,
                             metrics, sink);
  if (!volume) return volume.error();
  const std::shared_ptr<Volume> opened = *std::move(volume);
  const std::lock_guard lock(mutex);
  opened->sweep().set(limits);
  volumes[number] = opened;
  return {};
}

/// Locks that were made while a volume was missing are its own, too; and no two locks have one id.
base::Result<> Storage::Parts::share_locks() {
  const std::lock_guard guard(locking);
  const auto all = opened();
  for (std::size_t at = 1; at < all.size(); ++at) {
    for (const auto& own : all[at]->locks().all()) {
      const auto is_other = [&](const SpanLock& lock) { return lock.id == own.id && !is_part_of(lock, own); };
      if (std::none_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), [&](const auto& volume) {
            return std::ranges::any_of(volume->locks().all(), is_other);
          }))
        continue;
      const auto id = next_lock();
      if (!id) return id.error();
      if (auto done = all[at]->locks().renumber(own.id, *id); !done) return done;
    }
  }
  const auto wanted = locks();
  for (const auto& volume : all) {
    const auto own = volume->locks().all();
    for (const auto& lock : wanted) {
      if (std::ranges::any_of(own, [&](const auto& part) { return is_part_of(part, lock); })) continue;
      if (lock.channel.empty()) continue;  // of the volume whose list was damaged
      if (auto done = volume->lock(lock, true); !done) return done.error();
    }
  }
  return {};
}

/// Of a lock with parts on several volumes. One that is missing now may have locks, too.
base::Result<std::int64_t> Storage::Parts::next_lock() {
  std::int64_t id = clock.now().time_since_epoch() / std::chrono::milliseconds(1);
  for (const auto& volume : opened()) {
    const auto own = volume->locks().next_id();
    if (!own) return own;
    id = std::max(id, *own);
  }
  return id;
}

void Storage::Parts::reopen() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait_for(lock, options.reopen_interval, [this] { return stopped; });
    if (stopped) return;
    bool all = true;
    for (std::size_t number = 0; number < volumes.size(); ++number) {
      if (volumes[number]) continue;
      lock.unlock();
      const auto done = open(number);
      if (done) {
        if (auto shared = share_locks(); !shared) tell_unshared(shared.error());
        sink({"storage.resumed", "", "", "",
              fmt::format("volume \"{}\" is there again", options.volumes[number].directory.native())});
      }
      lock.lock();
      if (stopped) return;
      all = all && done;
    }
    if (all) return;
  }
}

RetentionSweep::Share Storage::Parts::elsewhere(std::size_t number, const std::string& channel,
                                                base::UtcTime now) const {
  std::vector<std::shared_ptr<Volume>> others;
  {
    const std::lock_guard lock(mutex);
    others = volumes;
    others[number] = nullptr;
  }
  RetentionSweep::Share all;
  for (const auto& volume : others) {
    if (!volume) continue;
    const auto share = volume->sweep().share(channel, now);
    all.bytes += share.bytes;
    all.unknown = all.unknown || share.unknown;
    if (share.oldest) all.oldest = std::min(all.oldest.value_or(*share.oldest), *share.oldest);
  }
  return all;
}

base::Result<std::unique_ptr<Storage>> Storage::open(const Options& options, const base::Clock& clock,
                                                     base::Metrics& metrics, EventSink sink) {
  if (auto checked = check(options); !checked) return checked.error();
  auto parts = std::make_unique<Parts>(options, clock, metrics, sink);
  std::vector<base::Error> errors;
  for (std::size_t number = 0; number < options.volumes.size(); ++number) {
    if (auto done = parts->open(number); !done) errors.push_back(done.error());
  }
  std::unique_ptr<Storage> storage(new Storage(std::move(parts)));
  if (errors.size() == options.volumes.size()) return errors.front();
  for (const auto& error : errors) {
    sink({"storage.failed", "", "", "missing",
          fmt::format("{}; it is tried again, and others record meanwhile", error.message)});
  }
  if (auto shared = storage->parts_->share_locks(); !shared) tell_unshared(shared.error());
  if (!errors.empty())
    storage->parts_->reopening = std::thread([parts = storage->parts_.get()] { parts->reopen(); });
  return storage;
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
  return find_days(parts_->recorded(), channel, stream, bounds, types);
}

base::Result<std::vector<Hole>> Storage::holes(std::string_view channel, std::string_view stream,
                                               base::UtcTime from, base::UtcTime to) const {
  // What seems to be missing may be on one that is.
  if (parts_->opened().size() < parts_->options.volumes.size()) return std::vector<Hole>();
  return find_holes(parts_->recorded(), channel, stream, from, to);
}

base::Result<std::vector<Span>> Storage::spans(std::string_view channel, std::string_view stream,
                                               base::UtcTime from, base::UtcTime to,
                                               platform::RecordingTypes types) const {
  return find_spans(parts_->recorded(), channel, stream, from, to, types);
}

base::Result<RecordingReader> Storage::read(std::string_view channel, std::string_view stream,
                                            base::UtcTime from, base::UtcTime to) const {
  auto runs = find_shown_runs(parts_->recorded(), channel, stream, from, to);
  if (!runs) return runs.error();
  // The begin of a run may have been overwritten.
  std::erase_if(*runs, [&](const RecordedRun& run) {
    const auto begin = run.begin >= from ? run.begin : time_plus(from, -max_chunk_extent.count());
    const auto any = run.on->index->chunks(channel, stream, run.run, begin, to, 1);
    return any && any->empty();
  });
  if (runs->empty()) {
    return Error{ErrorKind::not_found,
                 fmt::format("nothing of stream \"{}\" of channel \"{}\" is recorded from {} to {}", stream,
                             channel, base::format_utc(from), base::format_utc(to))};
  }
  auto state = std::make_unique<RecordingReader::State>();
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
  const auto volumes = parts_->recorded();
  const auto runs = find_runs(volumes, channel, stream, base::UtcTime::min(), time);
  if (!runs) return runs.error();
  auto newest_first = *runs;
  std::sort(newest_first.begin(), newest_first.end(),
            [](const auto& x, const auto& y) { return x.last > y.last; });
  std::optional<base::UtcTime> last;
  for (const auto& run : newest_first) {
    if (last && run.last <= *last) break;
    const auto chunk = run.on->index->chunk_before(channel, stream, run.run, time);
    if (!chunk) {
      if (auto passed = pass_over(volumes, *run.on, chunk.error()); !passed) return passed.error();
      continue;
    }
    if (!*chunk) continue;
    const auto own = std::min((*chunk)->last, time - base::Duration(1));
    if (!last || own > *last) last = own;
  }
  return last;
}

void Storage::limit(Retentions limits) {
  const std::lock_guard lock(parts_->mutex);
  parts_->limits = std::make_shared<const Retentions>(std::move(limits));
  for (const auto& volume : parts_->volumes)
    if (volume) volume->sweep().set(parts_->limits);
}

base::UtcTime Storage::removed_until(const std::string& channel) const {
  base::UtcTime until;
  for (const auto& volume : parts_->opened()) until = std::max(until, volume->sweep().removed_until(channel));
  return until;
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
  for (auto& other : locks()) {
    lock.id = other.id;
    if (is_part_of(other, lock)) return other;
  }
  const auto volumes = parts_->opened();
  const bool is_one = parts_->volumes.size() == 1;
  lock.id = 0;
  lock.kept_from = lock.from;
  if (!is_one) {
    const auto id = parts_->next_lock();
    if (!id) return id.error();
    lock.id = *id;
    std::optional<Error> none;
    bool any = false;
    for (const auto& volume : volumes) {
      const auto found = find_lockable(*volume->recorded()->index, lock.channel, lock.from, lock.to);
      if (found) lock.kept_from = std::min(lock.kept_from, found->kept_from);
      if (!found) none = found.error();
      any = any || found;
    }
    if (!any) return *none;
  }
  // Also on those that have nothing of it yet: some of it may be on its way.
  std::optional<SpanLock> made;
  std::vector<std::shared_ptr<Volume>> on;
  std::optional<Error> refused;
  for (const auto& volume : volumes) {
    const auto part = volume->lock(lock, !is_one);
    if (!part) {
      refused = part.error();
      if (part.error().kind == ErrorKind::conflict) break;
      tell_unshared(part.error());  // one that cannot be read removes nothing either
      continue;
    }
    if (made) {
      join(*made, *part);
    } else {
      made = *part;
    }
    on.push_back(volume);
  }
  if (!made || (refused && refused->kind == ErrorKind::conflict)) {
    for (const auto& volume : on) static_cast<void>(volume->locks().remove(made->id));
    return *refused;
  }
  return *made;
}

base::Result<SpanLock> Storage::unlock(std::int64_t id) {
  const std::lock_guard guard(parts_->locking);
  const auto all = locks();
  const auto found = std::ranges::find(all, id, &SpanLock::id);
  if (found == all.end())
    return Error{ErrorKind::not_found, fmt::format("there is no lock {} on recordings", id)};
  for (const auto& volume : parts_->opened()) {
    for (const auto& part : volume->locks().all()) {
      if (!is_part_of(part, *found)) continue;
      if (auto removed = volume->locks().remove(id); !removed) return removed.error();
    }
  }
  return *found;
}

std::vector<SpanLock> Storage::locks() const { return parts_->locks(); }

std::vector<SpanLock> Storage::Parts::locks() const {
  std::vector<SpanLock> all;
  for (const auto& volume : opened()) {
    for (const auto& part : volume->locks().all()) {
      const auto same = std::ranges::find_if(all, [&](const auto& lock) { return is_part_of(part, lock); });
      if (same == all.end()) {
        all.push_back(part);
      } else {
        join(*same, part);
      }
    }
  }
  std::ranges::stable_sort(all, {}, &SpanLock::id);
  return all;
}

base::Result<> Storage::flush(base::Duration deadline) { return parts_->queue->flush(deadline); }

StorageStats Storage::stats() const {
  StorageStats stats;
  for (const auto& volume : parts_->opened()) {
    const auto totals = volume->totals();
    stats.chunks += totals.chunks;
    stats.bytes += totals.bytes;
    stats.groups += totals.groups;
    stats.segments += volume->segments();
    stats.longest_commit = std::max(stats.longest_commit, totals.longest_commit);
  }
  stats.queued_bytes = parts_->queue->queued_bytes();
  stats.dropped_units = parts_->queue->dropped_units();
  return stats;
}

std::vector<VolumeState> Storage::volumes() const {
  std::vector<VolumeState> all;
  for (std::size_t number = 0; number < parts_->options.volumes.size(); ++number) {
    VolumeState state;
    state.directory = parts_->options.volumes[number].directory;
    parts_->queue->describe(number, state);
    std::shared_ptr<Volume> volume;
    {
      const std::lock_guard lock(parts_->mutex);
      volume = parts_->volumes[number];
    }
    if (volume) {
      if (const auto space = volume->recorded()->files->space(state.directory)) {
        state.capacity = space->capacity;
        state.free = space->free;
      }
      for (const auto& lock : volume->locks().all()) state.locked += lock.bytes;
    }
    all.push_back(std::move(state));
  }
  return all;
}

void Storage::stop() {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->stopped = true;
  }
  parts_->changed.notify_all();
  parts_->queue->stop();
  for (const auto& volume : parts_->opened()) volume->finish();
  if (parts_->reopening.joinable()) parts_->reopening.join();
  for (const auto& volume : parts_->opened()) volume->finish();
}

}  // namespace watchrig::storage
