#include "system/storage/storage_parts.hpp"

#include <algorithm>
#include <sys/stat.h>

#include <fmt/format.h>

#include "system/base/log.hpp"

namespace watchrig::storage {

namespace {

/// Whether a file system begins there.
bool is_mounted(const std::filesystem::path& directory) {
  struct stat own = {}, above = {};
  return ::stat(directory.c_str(), &own) == 0 && ::stat((directory / "..").c_str(), &above) == 0 &&
         own.st_dev != above.st_dev;
}

std::vector<std::string> names_of(const Options& options) {
  std::vector<std::string> names;
  for (const auto& place : options.volumes) names.push_back(place.directory.native());
  return names;
}

}  // namespace

bool is_part_of(const SpanLock& one, const SpanLock& other) {
  return one.id == other.id && one.channel == other.channel && one.from == other.from && one.to == other.to &&
         one.reason == other.reason && one.by == other.by;
}

void join(SpanLock& lock, const SpanLock& part) {
  lock.kept_from = std::min(lock.kept_from, part.kept_from);
  lock.bytes += part.bytes;
}

void tell_unshared(const base::Error& error) {
  base::log_warning("what is locked on one volume could not be locked on another: {}", error.message);
}

Storage::Parts::Parts(const Options& wanted, const base::Clock& time, base::Metrics& kept,
                      const EventSink& told)
    : options(wanted),
      clock(time),
      metrics(kept),
      sink(told),
      queue(std::make_shared<ChunkQueue>(
          ChunkQueue::Settings{names_of(wanted), wanted.chunk_duration, wanted.group_interval,
                               wanted.stall_alarm, wanted.queue_bytes},
          time, kept, told)),
      volumes(wanted.volumes.size()),
      mounted(wanted.volumes.size()) {}

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
  const auto& directory = options.volumes[number].directory;
  const bool is_mount = is_mounted(directory);
  if (mounted[number] && !is_mount) {
    return base::Error{base::ErrorKind::not_found,
                       fmt::format("volume \"{}\": nothing is mounted there any more", directory.native())};
  }
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
  mounted[number] = is_mount;
  return {};
}

/// Whoever holds files of a disk cannot have it checked or replaced.
void Storage::Parts::close(std::size_t number, const base::Error& gone) {
  std::shared_ptr<Volume> volume;
  {
    const std::lock_guard lock(mutex);
    volume = std::exchange(volumes[number], nullptr);
  }
  queue->detach(number);
  volume->finish();
  sink(
      {"storage.failed", "", "", "missing",
       fmt::format("{}; it was closed, so that its disk can be checked or replaced, and is opened again when "
                   "it is there",
                   gone.message)});
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

void Storage::Parts::watch() {
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait_for(lock, options.reopen_interval, [this] { return stopped; });
    for (std::size_t number = 0; number < volumes.size(); ++number) {
      if (stopped) return;
      const auto volume = volumes[number];
      lock.unlock();
      look_at(number, volume);
      lock.lock();
    }
    if (stopped) return;
  }
}

void Storage::Parts::look_at(std::size_t number, const std::shared_ptr<Volume>& volume) {
  if (volume) {
    if (!queue->fails(number)) return;
    if (const auto there = volume->check(); !there) close(number, there.error());
  } else if (open(number)) {
    if (auto shared = share_locks(); !shared) tell_unshared(shared.error());
    sink({"storage.resumed", "", "", "",
          fmt::format("volume \"{}\" is there again", options.volumes[number].directory.native())});
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

}  // namespace watchrig::storage
