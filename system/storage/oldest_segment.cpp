#include "system/storage/oldest_segment.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/storage/segment_log.hpp"

namespace watchrig::storage {

OldestSegment::OldestSegment(std::filesystem::path directory, std::shared_ptr<ChunkIndex> index,
                             std::shared_ptr<VolumeFiles> files, base::Metrics& metrics, EventSink sink)
    : directory_(std::move(directory)),
      index_(std::move(index)),
      files_(std::move(files)),
      removed_(metrics.counter("watchrig_storage_overwritten_segments_total",
                               "Segments that made room for newer ones", {{"volume", directory_.native()}})),
      sink_(std::move(sink)) {}

base::Result<bool> OldestSegment::remove() {
  if (!forgotten_) {
    const auto segments = index_->segments();
    if (!segments) return segments.error();
    const auto oldest = std::ranges::find_if(*segments, &SegmentRow::sealed);
    if (oldest == segments->end()) return false;
    if (auto forgotten = index_->forget(oldest->number, 0); !forgotten) return forgotten.error();
    forgotten_ = oldest->number;
  }
  if (auto removed = files_->remove(directory_ / segment_name(*forgotten_)); !removed) return removed.error();
  forgotten_.reset();
  removed_.Increment();
  if (!std::exchange(told_, true)) {
    sink_({"storage.overwriting", "", "", "full",
           fmt::format("volume \"{}\" is full: from now on the oldest recordings make room for new ones; to "
                       "keep them longer, record on a larger volume, or fewer or smaller streams",
                       directory_.native())});
  }
  return true;
}

}  // namespace watchrig::storage
