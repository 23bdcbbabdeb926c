#include "system/platform/expendable_database.hpp"

#include "system/base/log.hpp"

namespace watchrig::platform {

using base::Result;

namespace {

Result<SqliteDatabase> open_and_load(const std::filesystem::path& file,
                                     const std::vector<std::string_view>& migrations,
                                     const std::function<Result<>(SqliteDatabase&)>& load) {
  auto database = SqliteDatabase::open(file, migrations);
  if (!database) return database;
  // The last moments before a power cut may be missing.
  if (auto set = database->execute("PRAGMA synchronous=NORMAL"); !set) return set.error();
  if (auto loaded = load(*database); !loaded) return loaded.error();
  return database;
}

}  // namespace

std::optional<SqliteDatabase> open_expendable(const std::filesystem::path& file,
                                              const std::vector<std::string_view>& migrations,
                                              std::string_view lost,
                                              const std::function<Result<>(SqliteDatabase&)>& load) {
  auto database = open_and_load(file, migrations, load);
  if (!database && database.error().kind == base::ErrorKind::corrupt) {
    base::log_warning("{}: it is begun anew; {}", database.error().message, lost);
    std::error_code ignored;
    for (const char* part : {"", "-wal", "-shm"}) {
      auto name = file;
      std::filesystem::remove_all(name += part, ignored);
    }
    database = open_and_load(file, migrations, load);
  }
  if (database) return *std::move(database);
  base::log_error("{}: {} at each start", database.error().message, lost);
  return std::nullopt;
}

}  // namespace watchrig::platform
