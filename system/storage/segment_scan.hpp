#pragma once

#include <functional>
#include <optional>

#include "system/storage/chunk_format.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

struct ScanResult {
  std::uint64_t chunks = 0;
  std::uint64_t end = 0;        ///< behind the last sound chunk; `from` when there is none
  std::uint64_t dirty_end = 0;  ///< behind the last byte that is not zero; >= end where a write was torn
  std::uint64_t damaged = 0;    ///< places between sound chunks that hold data and are no sound chunk
  std::uint64_t freed = 0;      ///< bytes of chunks that were removed and given back to the volume
  bool unreadable = false;      ///< the medium refused to read a part
};

/// Finds the sound chunks of a segment (head and payload pass their CRCs) from an offset to the end of the
/// file, in order. What is no sound chunk is passed over: the search goes on at the next multiple of
/// chunk_alignment; a chunk whose payload was given back is no damage. With a uid, chunks of other segments
/// do not count. An error of `found` ends the scan and is returned.
base::Result<ScanResult> scan_segment(
    SegmentFile& file, std::uint64_t from, std::optional<std::uint64_t> uid,
    const std::function<base::Result<>(std::uint64_t, const ChunkHead&)>& found);

}  // namespace watchrig::storage
