#pragma once

#include <filesystem>
#include <string>

#include "system/base/result.hpp"

namespace watchrig::app {

/// Has a program of an upgrade start as a server on an empty folder, on ports of its own, and end at once.
/// Gives back the version that it says it has. Errors: invalid (it does not start: why), timeout. Blocks the
/// thread for seconds.
base::Result<std::string> try_program(const std::filesystem::path& program,
                                      const std::filesystem::path& folder);

}  // namespace watchrig::app
