#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "system/platform/sqlite_database.hpp"

namespace watchrig::platform {

/// Opens a database that the server can do without: what is remembered there bridges a restart. One that is
/// corrupt, as is told when it is opened or when `load` reads its rows, is begun anew with a warning that
/// says what is `lost`. Nothing where there is none for another reason, which is told as an error.
std::optional<SqliteDatabase> open_expendable(const std::filesystem::path& file,
                                              const std::vector<std::string_view>& migrations,
                                              std::string_view lost,
                                              const std::function<base::Result<>(SqliteDatabase&)>& load);

}  // namespace watchrig::platform
