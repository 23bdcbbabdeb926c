#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "system/base/result.hpp"

namespace watchrig::central {

/// By what a licence knows this machine: 64 hexadecimal digits, made of the operating system's machine id
/// (machine-id(5)), which itself is not given away. Where there is none, of random bytes that are kept in
/// `fallback`. Errors: io, unavailable.
base::Result<std::string> machine_fingerprint(const std::filesystem::path& machine_id,
                                              const std::filesystem::path& fallback);

/// By what a licence knows a dongle, while one is there: 64 hexadecimal digits, made of the line
/// `serial: TEXT` of the file that its driver shows. Nothing when there is no file, or no serial in it.
std::optional<std::string> dongle_fingerprint(const std::filesystem::path& file);

}  // namespace watchrig::central
