#pragma once

#include <span>

#include "system/storage/recorded_runs.hpp"
#include "system/storage/storage.hpp"

namespace watchrig::storage {

/// See Storage::spans().
base::Result<std::vector<Span>> find_spans(const RecordedVolumes& volumes, std::string_view channel,
                                           std::string_view stream, base::UtcTime from, base::UtcTime to,
                                           platform::RecordingTypes types);

/// See Storage::recorded_days().
base::Result<std::vector<base::UtcTime>> find_days(const RecordedVolumes& volumes, std::string_view channel,
                                                   std::string_view stream,
                                                   std::span<const base::UtcTime> bounds,
                                                   platform::RecordingTypes types);

/// See Storage::holes().
base::Result<std::vector<Hole>> find_holes(const RecordedVolumes& volumes, std::string_view channel,
                                           std::string_view stream, base::UtcTime from, base::UtcTime to);

}  // namespace watchrig::storage
