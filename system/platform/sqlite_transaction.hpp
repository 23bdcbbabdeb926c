#pragma once

#include <functional>

#include "system/platform/sqlite_database.hpp"

namespace watchrig::platform {

/// Does all of the work or, when it or the commit fails, nothing. Not within another transaction.
base::Result<> in_transaction(SqliteDatabase& database, const std::function<base::Result<>()>& work);

}  // namespace watchrig::platform
