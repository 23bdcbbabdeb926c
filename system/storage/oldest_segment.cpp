#include "system/storage/oldest_segment.hpp"

#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "system/base/log.hpp"
#include "system/storage/segment_log.hpp"

namespace watchrig::storage {

using base::ErrorKind;

namespace {

/// Until another is tried, when one was removed and the volume is as full as before.
constexpr base::Duration pause_without_gain = std::chrono::minutes(1);

}  // namespace

OldestSegment::OldestSegment(Settings settings, std::shared_ptr<ChunkIndex> index,
                             std::shared_ptr<SpanLocks> locks, std::shared_ptr<ChunkRemoval> removal,
                             std::shared_ptr<VolumeFiles> files, const base::Clock& clock,
                             base::Metrics& metrics, EventSink sink)
    : settings_(std::move(settings)),
      index_(std::move(index)),
      locks_(std::move(locks)),
      removal_(std::move(removal)),
      files_(std::move(files)),
      clock_(clock),
      overwritten_(metrics.counter("watchrig_storage_overwritten_segments_total",
                                   "Segments that made room for newer ones",
                                   {{"volume", settings_.directory.native()}})),
      expired_(metrics.counter("watchrig_storage_expired_segments_total",
                               "Segments that were older than recordings are kept",
                               {{"volume", settings_.directory.native()}})),
      sink_(std::move(sink)) {}

base::Error OldestSegment::noted(base::Error error) const {
  if (error.kind == ErrorKind::corrupt) std::ofstream(settings_.index_suspect).flush();
  return error;
}

base::Result<std::optional<OldSegment>> OldestSegment::find() {
  const auto released = locks_->release(*index_);
  if (!released) {
    base::log_warning("volume \"{}\": what was unlocked cannot be overwritten yet: {}",
                      settings_.directory.native(), released.error().message);
  } else if (*released) {
    taken_ = 0;
  }
  if (not_removed_) return not_removed_;
  auto oldest = index_->oldest_sealed(taken_);
  if (!oldest) return noted(oldest.error());
  return oldest;
}

base::Result<> OldestSegment::forget(const OldSegment& segment) {
  auto forgotten = index_->forget(segment.number, 0);
  if (forgotten) return {};
  const auto kind = noted(forgotten.error()).kind;
  if (kind != ErrorKind::corrupt && kind != ErrorKind::full) return forgotten;
  // Recording goes on; the next start finds that the file is gone, and makes a damaged index again.
  base::log_error("volume \"{}\": {} goes although the index cannot be changed: {}",
                  settings_.directory.native(), segment_name(segment.number), forgotten.error().message);
  return {};
}

base::Result<std::optional<OldestSegment::Taken>> OldestSegment::trim(const OldSegment& segment,
                                                                      const SpanLocks::Held& held) {
  if (!held.any()) return std::optional<Taken>();
  // Where nobody can tell what is locked, or take the rest out of the index, all of it stays.
  const auto stays = [&](base::Error error) -> std::optional<Taken> {
    base::log_error("volume \"{}\": {} stays for the locks: {}", settings_.directory.native(),
                    segment_name(segment.number), noted(std::move(error)).message);
    taken_ = segment.number;
    return Taken{segment.number, 0, true, true};
  };
  auto chunks = index_->chunks_in(segment.number);
  if (!chunks) return stays(chunks.error());
  const auto count = chunks->size();
  std::erase_if(*chunks, [&](const IndexedChunk& chunk) {
    return held.covers(chunk.channel, chunk.row.begin, chunk.row.last).has_value();
  });
  if (chunks->size() == count) return std::optional<Taken>();
  Taken taken{segment.number};
  for (const auto& chunk : *chunks) taken.bytes += removable_part(chunk.row.offset, chunk.row).size;
  if (taken.bytes > 0 && removal_->gives_back()) {
    if (auto removed = removal_->remove(*std::move(chunks)); !removed) return stays(removed.error());
  }
  taken.nothing_to_take = taken.bytes == 0 || !removal_->gives_back();
  if (auto set = index_->set_locked(segment.number); !set)
    noted(set.error());  // looked at again after a start
  taken_ = segment.number;
  return std::optional(taken);
}

base::Result<OldestSegment::Taken> OldestSegment::take_away(const OldSegment& segment) {
  if (!not_removed_) {
    const auto held = locks_->hold();
    const auto trimmed = trim(segment, held);
    if (!trimmed) return trimmed.error();
    if (*trimmed) return **trimmed;
    if (auto forgotten = forget(segment); !forgotten) return forgotten.error();
    not_removed_ = segment;
  }
  const auto gone = files_->remove(settings_.directory / segment_name(segment.number));
  if (!gone && gone.error().kind != ErrorKind::not_found) return gone.error();
  const Taken taken{segment.number, segment.bytes, static_cast<bool>(gone)};
  taken_ = segment.number;
  not_removed_.reset();  // may be the segment
  ++removed_;
  return taken;
}

base::Result<bool> OldestSegment::overwrite(std::uint64_t needed) {
  const auto now = clock_.now();
  // The clock may have been set back.
  if (now < pause_ && pause_ - now <= pause_without_gain) return false;
  const auto before = files_->space(settings_.directory);
  if (!before) return before.error();
  Taken taken;
  do {
    const auto oldest = find();
    if (!oldest) return oldest.error();
    if (!*oldest) return false;
    if (needed > 0 && !not_removed_) {
      const auto all = index_->sealed_bytes();
      if (all && *all < needed) return false;
    }
    const auto done = take_away(**oldest);
    if (!done) return done.error();
    taken = *done;
  } while (taken.nothing_to_take);
  if (!taken.was_there) return true;
  overwritten_.Increment();
  if (!std::exchange(told_, true)) {
    sink_({"storage.overwriting", "", "", "full",
           fmt::format("volume \"{}\" is full: from now on the oldest recordings make room for new ones; to "
                       "keep them longer, record on a larger volume, or fewer or smaller streams",
                       settings_.directory.native())});
  }
  const auto after = files_->space(settings_.directory);
  if (!after) return after.error();
  if (after->free >= before->free + taken.bytes / 2) return true;
  pause_ = now + pause_without_gain;
  base::log_warning(
      "volume \"{}\": {} was removed, and its space is not free; do snapshots or others hold "
      "it?",
      settings_.directory.native(), segment_name(taken.number));
  return false;
}

base::Result<bool> OldestSegment::expire(base::UtcTime before) {
  for (;;) {
    const auto oldest = find();
    if (!oldest) return oldest.error();
    if (!*oldest) return false;
    const auto newest = (*oldest)->newest;
    if (!not_removed_ && newest && time_plus(*newest, max_chunk_extent.count()) >= before) return false;
    const auto taken = take_away(**oldest);
    if (!taken) return taken.error();
    if (taken->nothing_to_take) continue;
    expired_.Increment();
    return true;
  }
}

}  // namespace watchrig::storage
