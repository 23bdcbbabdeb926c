#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "system/storage/chunk_index.hpp"
#include "system/storage/segment_log.hpp"
#include "system/storage/storage_event.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

struct RecoveredVolume {
  std::unique_ptr<ChunkIndex> index;  ///< complete: every sound chunk of every readable segment
  std::optional<SegmentLog::Tail> tail;
  std::uint64_t last_number = 0;
  std::uint64_t last_run = 0;
  std::uint64_t segments = 0;
};

inline constexpr const char* index_name = "index.sqlite";
inline constexpr const char* index_suspect_name = "index.suspect";

/// Brings index and segments of a directory together before anything is written to it:
///   - an index that is missing, of another schema or corrupt is made again from all segments;
///   - otherwise only what the last server may not have indexed is looked at, from where the index ends;
///   - a torn tail is overwritten with zeros, so that chunks can follow it;
///   - segments that are missing, shortened, damaged or no segments are announced, and what is readable is
///   kept.
/// Errors: denied, full, io: then the volume cannot be used.
base::Result<RecoveredVolume> recover_volume(const std::filesystem::path& directory, VolumeFiles& files,
                                             const EventSink& sink);

}  // namespace watchrig::storage
