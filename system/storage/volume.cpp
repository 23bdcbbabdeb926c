#include "system/storage/volume.hpp"

#include <fmt/format.h>

#include "system/storage/recovery.hpp"

namespace watchrig::storage {

using base::Error;
using base::ErrorKind;
using base::Result;

Result<std::unique_ptr<Volume>> Volume::open(Settings settings, const Options& options,
                                             std::shared_ptr<ChunkQueue> queue, const base::Clock& clock,
                                             base::Metrics& metrics, const EventSink& sink) {
  const auto& directory = settings.place.directory;
  const std::string name = directory.native();
  std::error_code ignored;
  if (settings.place.must_exist && !std::filesystem::is_directory(directory, ignored)) {
    return Error{
        ErrorKind::not_found,
        fmt::format("volume \"{}\": there is no such folder; mount its disk, or make the folder on it",
                    name)};
  }
  auto lock = VolumeLock::take(directory);
  if (!lock) return lock.error();
  const auto files = settings.place.files ? settings.place.files : system_files();
  auto recovered = recover_volume(directory, *files, sink);
  if (!recovered) return recovered.error();
  auto locks = SpanLocks::open(directory, *recovered->index, clock.now(), sink);
  if (!locks) return std::move(locks).error().within(fmt::format("volume \"{}\"", name));
  const auto space = files->space(directory);
  if (!space) return space.error();

  const std::shared_ptr<ChunkIndex> index = std::move(recovered->index);
  const std::shared_ptr<const RecordedVolume> recorded(new RecordedVolume{index, files, directory});
  std::unique_ptr<Volume> volume(new Volume(*std::move(lock), recorded, queue));
  volume->index_ = index;
  volume->locks_ = *std::move(locks);
  volume->segments_found_ = recovered->segments;
  volume->most_locked_percent_ = options.most_locked_percent;
  const auto removal = std::make_shared<ChunkRemoval>(directory, index, files);
  const auto suspect = directory / index_suspect_name;
  volume->oldest_ = std::make_shared<OldestSegment>(OldestSegment::Settings{directory, suspect}, index,
                                                    volume->locks_, removal, files, clock, metrics, sink);
  volume->sweep_ = std::make_shared<RetentionSweep>(
      index, volume->locks_, removal,
      metrics.counter("watchrig_storage_expired_chunks_total",
                      "Chunks that were beyond what is kept of their channels", {{"volume", name}}),
      std::move(settings.elsewhere));
  SegmentLog log({directory, options.segment_bytes, options.full, volume->oldest_}, files, clock,
                 recovered->last_number, std::move(recovered->tail));
  volume->writer_ = std::make_unique<ChunkWriter>(
      ChunkWriter::Settings{name, settings.number, options.retry_interval, suspect, options.keep,
                            volume->oldest_, volume->sweep_, &volume->lock_},
      *queue, std::move(log), *index, clock, metrics, sink);
  queue->attach(settings.number, recovered->last_run, static_cast<double>(space->capacity));
  return volume;
}

Result<SpanLock> Volume::lock(SpanLock lock, bool in_any_case) {
  const std::lock_guard guard(locking_);
  const auto kept_from = lock.kept_from;
  for (;;) {
    const auto found = find_lockable(*index_, lock.channel, lock.from, lock.to);
    const bool is_nothing = !found && found.error().kind == ErrorKind::not_found && in_any_case;
    if (!found && !is_nothing) return found.error();
    lock.kept_from = found ? std::min(kept_from, found->kept_from) : kept_from;
    lock.bytes = found ? found->bytes : 0;
    const auto space = recorded_->files->space(recorded_->directory);
    if (!space) return space.error();
    const auto most = space->capacity / 100 * most_locked_percent_;
    std::uint64_t locked = 0;
    for (const auto& other : locks_->all()) locked += other.bytes;
    if (found && locked + lock.bytes > most) {
      return Error{ErrorKind::conflict,
                   fmt::format("volume \"{}\": {} bytes of recordings are locked and {} more would be, of {} "
                               "that may be: remove another lock, or export it before",
                               name(), locked, lock.bytes, most)};
    }
    const auto added =
        locks_->add(lock, [&] { return is_nothing || is_there(*index_, lock.channel, *found); });
    if (!added) return added.error();
    if (*added) return **added;
  }
}

std::uint64_t Volume::segments() const {
  return segments_found_ + writer_->totals().segments_made - oldest_->removed();
}

}  // namespace watchrig::storage
