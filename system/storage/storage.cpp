#include "system/storage/storage.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/storage/reader_state.hpp"
#include "system/storage/recorded_spans.hpp"
#include "system/storage/storage_parts.hpp"

namespace watchrig::storage {
namespace {

using base::Error;
using base::ErrorKind;

base::Result<> check(const Options& options) {
  const auto refuse = [](std::string_view name, std::string_view range) {
    return Error{ErrorKind::invalid, fmt::format("storage: {} must be {}", name, range)};
  };
  if (options.volumes.empty() || options.volumes.size() > most_volumes)
    return refuse("volumes", fmt::format("1 to {}", most_volumes));
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

}  // namespace

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
  storage->parts_->watching = std::thread([parts = storage->parts_.get()] { parts->watch(); });
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

void Storage::group(const DiskGroups& groups) {
  for (std::size_t number = 0; number < parts_->options.volumes.size(); ++number) {
    const auto named = groups.find(parts_->options.volumes[number].directory.native());
    parts_->queue->group(number, named == groups.end() ? 1 : named->second);
  }
}

void Storage::assign(const std::string& channel, std::int64_t disk_group) {
  parts_->queue->assign(channel, disk_group);
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
  if (volumes.empty()) return Error{ErrorKind::unavailable, "no volume of the recordings is there now"};
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
  if (parts_->watching.joinable()) parts_->watching.join();
  for (const auto& volume : parts_->opened()) volume->finish();
}

}  // namespace watchrig::storage
