#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "system/storage/storage.hpp"

namespace watchrig::media {
class Mp4Sink;
}

namespace watchrig::storage {

struct ExportSummary {
  std::uint64_t frames = 0;  ///< pictures that a player shows
  std::uint64_t bytes = 0;   ///< payload read
  base::UtcTime from;        ///< first of them
  base::UtcTime to;          ///< last of them
};

/// Is shown each unit that was written; false breaks the export off (cancelled).
using ExportWatcher = std::function<bool(const media::AccessUnit&)>;

/// What of a period fits into one file.
struct ExportPart {
  ExportSummary summary;
  std::optional<base::UtcTime> rest;  ///< from when another file is needed
  std::optional<base::Error> empty;   ///< why there are no frames and no file
};

/// Writes the frames whose time lies in [from, to) as MP4 to `path`, as far as their presentation stays the
/// same, and up to the first key picture behind `most_bytes`. Errors: as export_mp4, but for nothing recorded
/// and the presentation; cancelled.
base::Result<ExportPart> export_mp4_part(const Storage& storage, std::string_view channel,
                                         std::string_view stream, base::UtcTime from, base::UtcTime to,
                                         const std::filesystem::path& path, std::uint64_t most_bytes,
                                         const ExportWatcher& watcher);

/// Writes the frames whose time lies in [from, to) as MP4 to `path`, cut exactly by an edit list; gaps are
/// kept as time without pictures. Reads and writes files: not for an input/output executor. Errors: not_found
/// (nothing recorded), io, unsupported (the presentation changes within the range: the message says when, so
/// that the caller can ask for the two parts), cancelled.
base::Result<ExportSummary> export_mp4(const Storage& storage, std::string_view channel,
                                       std::string_view stream, base::UtcTime from, base::UtcTime to,
                                       const std::filesystem::path& path, const ExportWatcher& watcher = {});

/// The same into a sink of the caller, which is left incomplete after an error.
base::Result<ExportSummary> export_mp4(const Storage& storage, std::string_view channel,
                                       std::string_view stream, base::UtcTime from, base::UtcTime to,
                                       media::Mp4Sink& sink);

}  // namespace watchrig::storage
