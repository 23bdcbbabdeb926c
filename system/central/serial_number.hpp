#pragma once

#include <filesystem>
#include <string>

#include "system/base/result.hpp"

namespace watchrig::central {

/// What this server is told from others by, for as long as its data folder is there: 16 letters and digits,
/// made by chance at the first start and kept in the file. Errors: corrupt (no such number is in the file),
/// io.
base::Result<std::string> open_serial_number(const std::filesystem::path& file);

}  // namespace watchrig::central
