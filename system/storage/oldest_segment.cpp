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
                             std::shared_ptr<VolumeFiles> files, const base::Clock& clock,
                             base::Metrics& metrics, EventSink sink)
    : settings_(std::move(settings)),
      index_(std::move(index)),
      files_(std::move(files)),
      clock_(clock),
      overwritten_(metrics.counter("watchrig_storage_overwritten_segments_total",
                                   "Segments that made room for newer ones",
                                   {{"volume", settings_.directory.native()}})),
      expired_(metrics.counter("watchrig_storage_expired_segments_total",
                               "Segments that were older than recordings are kept",
                               {{"volume", settings_.directory.native()}})),
      sink_(std::move(sink)) {}

base::Result<bool> OldestSegment::take_away(const OldSegment& segment) {
  const auto path = settings_.directory / segment_name(segment.number);
  if (!not_removed_) {
    auto forgotten = index_->forget(segment.number, 0);
    // Recording goes on; the next start finds that the file is gone, and makes a damaged index again.
    if (!forgotten &&
        (forgotten.error().kind == ErrorKind::corrupt || forgotten.error().kind == ErrorKind::full)) {
      base::log_error("volume \"{}\": {} goes although the index cannot be changed: {}",
                      settings_.directory.native(), path.filename().native(), forgotten.error().message);
      if (forgotten.error().kind == ErrorKind::corrupt) std::ofstream(settings_.index_suspect).flush();
    } else if (!forgotten) {
      return forgotten.error();
    }
    not_removed_ = segment;
  }
  const auto gone = files_->remove(path);
  if (!gone && gone.error().kind != ErrorKind::not_found) return gone.error();
  taken_ = segment.number;
  not_removed_.reset();  // may be the segment
  ++removed_;
  return static_cast<bool>(gone);
}

base::Result<bool> OldestSegment::overwrite(std::uint64_t needed) {
  const auto now = clock_.now();
  // The clock may have been set back.
  if (now < pause_ && pause_ - now <= pause_without_gain) return false;
  const auto oldest =
      not_removed_ ? base::Result<std::optional<OldSegment>>(not_removed_) : index_->oldest_sealed(taken_);
  if (!oldest) {
    if (oldest.error().kind == ErrorKind::corrupt) std::ofstream(settings_.index_suspect).flush();
    return oldest.error();
  }
  if (!*oldest) return false;
  if (needed > 0 && !not_removed_) {
    const auto all = index_->sealed_bytes();
    if (all && *all < needed) return false;
  }
  const auto before = files_->space(settings_.directory);
  if (!before) return before.error();
  const auto taken = take_away(**oldest);
  if (!taken) return taken.error();
  if (!*taken) return true;
  overwritten_.Increment();
  if (!std::exchange(told_, true)) {
    sink_({"storage.overwriting", "", "", "full",
           fmt::format("volume \"{}\" is full: from now on the oldest recordings make room for new ones; to "
                       "keep them longer, record on a larger volume, or fewer or smaller streams",
                       settings_.directory.native())});
  }
  const auto after = files_->space(settings_.directory);
  if (!after) return after.error();
  if (after->free >= before->free + (*oldest)->bytes / 2) return true;
  pause_ = now + pause_without_gain;
  base::log_warning(
      "volume \"{}\": {} was removed, and its space is not free; do snapshots or others hold "
      "it?",
      settings_.directory.native(), segment_name((*oldest)->number));
  return false;
}

base::Result<bool> OldestSegment::expire(base::UtcTime before) {
  if (not_removed_) {
    if (auto taken = take_away(*not_removed_); !taken) return taken.error();
    return true;
  }
  const auto oldest = index_->oldest_sealed(taken_);
  if (!oldest) return oldest.error();
  if (!*oldest) return false;
  const auto newest = (*oldest)->newest;
  if (newest && time_plus(*newest, max_chunk_extent.count()) >= before) return false;
  if (auto taken = take_away(**oldest); !taken) return taken.error();
  expired_.Increment();
  return true;
}

}  // namespace watchrig::storage
