#pragma once

#include <filesystem>

#include "system/base/clock.hpp"

namespace watchrig::central {

/// The folder in the data folder that waits for the next start: the new files, `names` of them, and `aside`,
/// where the old ones go.
inline constexpr auto import_name = "import";

/// Makes a folder of configuration files that one, at one stroke. Files in it that are no configuration are
/// removed. Errors: io.
base::Result<> place_order(const std::filesystem::path& data, const std::filesystem::path& folder,
                           base::UtcTime now);

}  // namespace watchrig::central
