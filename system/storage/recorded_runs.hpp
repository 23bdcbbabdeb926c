#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "system/storage/chunk_index.hpp"
#include "system/storage/volume_files.hpp"

namespace watchrig::storage {

/// What readers need of a volume.
struct RecordedVolume {
  std::shared_ptr<const ChunkIndex> index;
  std::shared_ptr<VolumeFiles> files;
  std::filesystem::path directory;
};
using RecordedVolumes = std::vector<std::shared_ptr<const RecordedVolume>>;

/// A run, or what one volume has of it: the rest may be on others, before or behind.
struct RecordedRun : RunRow {
  std::shared_ptr<const RecordedVolume> on;
};

/// What is on a volume that cannot be read is left out and logged, where there are others: theirs is found.
base::Result<> pass_over(const RecordedVolumes& volumes, const RecordedVolume& unread, base::Error error);

/// Runs that reach into [from, to), in order of arrival; parts of one run follow each other. With `all`, an
/// error where a volume cannot be read.
base::Result<std::vector<RecordedRun>> find_runs(const RecordedVolumes& volumes, std::string_view channel,
                                                 std::string_view stream, base::UtcTime from,
                                                 base::UtcTime to, bool all = false);

/// The same, and the part before the first one where that is needed to show its first picture at `from`.
base::Result<std::vector<RecordedRun>> find_shown_runs(const RecordedVolumes& volumes,
                                                       std::string_view channel, std::string_view stream,
                                                       base::UtcTime from, base::UtcTime to);

}  // namespace watchrig::storage
