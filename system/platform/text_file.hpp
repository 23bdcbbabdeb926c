#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "system/base/result.hpp"

namespace watchrig::platform {

/// A whole small file. Errors: io, full when it has more than 4 MiB.
base::Result<std::string> read_text_file(const std::filesystem::path& file);

/// Replaces a file at one stroke: a reader, and the disk after a power cut, has the old or the new one.
base::Result<> write_text_file(const std::filesystem::path& file, std::string_view text,
                               unsigned mode = 0600);

/// Waits until a file, or the names in a folder, are on the disk.
base::Result<> sync_to_disk(const std::filesystem::path& path);

}  // namespace watchrig::platform
