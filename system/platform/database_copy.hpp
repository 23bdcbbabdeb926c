#pragma once

#include <filesystem>

#include "system/base/result.hpp"

namespace watchrig::platform {

/// Whether an SQLite file can be used: a file, neither empty nor a folder, readable and writable by this
/// user, and sound by SQLite's own quick check. Errors name the file and say what is wrong: not_found,
/// denied, corrupt, unavailable (somebody keeps it locked, or the disk fails).
base::Result<> check_database(const std::filesystem::path& file);

/// Copies a database that others may be writing to at this moment, by SQLite's backup interface; the copy is
/// one state of it, complete, on the disk, and has passed check_database. Replaces nothing: conflict when
/// `target` is there. Waits 10 s at most for a file that is locked: unavailable.
base::Result<> copy_database(const std::filesystem::path& source, const std::filesystem::path& target);

}  // namespace watchrig::platform
