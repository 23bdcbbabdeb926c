#pragma once

#include <span>

#include "system/storage/chunk_index.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// See Storage::spans().
base::Result<std::vector<Span>> find_spans(const ChunkIndex& index, std::string_view channel,
                                           std::string_view stream, base::UtcTime from, base::UtcTime to,
                                           platform::RecordingTypes types);

/// See Storage::recorded_days().
base::Result<std::vector<base::UtcTime>> find_days(const ChunkIndex& index, std::string_view channel,
                                                   std::string_view stream,
                                                   std::span<const base::UtcTime> bounds,
                                                   platform::RecordingTypes types);

/// See Storage::holes().
base::Result<std::vector<Hole>> find_holes(const ChunkIndex& index, std::string_view channel,
                                           std::string_view stream, base::UtcTime from, base::UtcTime to);

}  // namespace watchrig::storage
