#include "system/platform/sqlite_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace watchrig::platform {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

Error sqlite_error(sqlite3* database, std::string_view object) {
  const int code = sqlite3_errcode(database) & 0xff;
  ErrorKind kind = ErrorKind::io;
  if (code == SQLITE_CONSTRAINT) kind = ErrorKind::conflict;
  if (code == SQLITE_FULL) kind = ErrorKind::full;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_SCHEMA || code == SQLITE_ERROR)
    kind = ErrorKind::corrupt;
  if (code == SQLITE_CANTOPEN || code == SQLITE_PERM || code == SQLITE_READONLY) kind = ErrorKind::denied;
  return {kind, fmt::format("database {}: {}", object, sqlite3_errmsg(database))};
}

Error sqlite_error(sqlite3_stmt* statement) {
  sqlite3* database = sqlite3_db_handle(statement);
  const char* file = sqlite3_db_filename(database, "main");
  return sqlite_error(database, file ? file : "");
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void SqliteStatement::bind_one(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), at, value);
}

void SqliteStatement::bind_one(int at, std::string_view value) {
  // A null pointer would be NULL in place of an empty text.
  sqlite3_bind_text(statement_.get(), at, value.data() ? value.data() : "", static_cast<int>(value.size()),
                    SQLITE_STATIC);
}

void SqliteStatement::bind_one(int at, std::optional<std::int64_t> value) {
  if (value) {
    bind_one(at, *value);
  } else {
    sqlite3_bind_null(statement_.get(), at);
  }
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Error error = sqlite_error(statement_.get());
  sqlite3_reset(statement_.get());
  return error;
}

Result<> SqliteStatement::run() {
  const auto row = step();
  reset();
  if (!row) return row.error();
  return {};
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> SqliteStatement::optional_integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::string SqliteStatement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text ? std::string(text, size) : std::string();
}

void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  SqliteDatabase database(handle, file.string());
  if (code != SQLITE_OK) return sqlite_error(handle, database.name_);
  sqlite3_extended_result_codes(handle, 0);
  sqlite3_busy_timeout(handle, 5000);
  const auto ready =
      database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON");
  if (!ready) return ready.error();
  return database;
}

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& file,
                                            const std::vector<std::string_view>& migrations) {
  auto database = open(file);
  if (!database) return database;
  if (const auto migrated = database->migrate(migrations); !migrated) return migrated.error();
  return database;
}

Result<> SqliteDatabase::migrate(const std::vector<std::string_view>& migrations) {
  auto query = prepare("PRAGMA user_version");
  if (!query) return query.error();
  const auto row = query->step();
  if (!row) return row.error();
  const auto version = static_cast<std::size_t>(query->integer(0));
  query->reset();
  if (version > migrations.size()) {
    return Error{
        ErrorKind::unsupported,
        fmt::format("database {} has schema {}, this program knows schema {}: start the newer program, or "
                    "put the backup made before its first start in place",
                    name_, version, migrations.size())};
  }
  for (std::size_t i = version; i < migrations.size(); ++i) {
    const auto done = execute(fmt::format("BEGIN; {}; PRAGMA user_version={}; COMMIT", migrations[i], i + 1));
    if (!done) return done;
  }
  return {};
}

Result<> SqliteDatabase::execute(std::string_view sql) {
  if (sqlite3_exec(database_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
    return {};
  return sqlite_error(database_.get(), name_);
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK) {
    return sqlite_error(database_.get(), name_);
  }
  return SqliteStatement(statement);
}

std::int64_t SqliteDatabase::last_insert_id() const { return sqlite3_last_insert_rowid(database_.get()); }

std::int64_t SqliteDatabase::changed_rows() const { return sqlite3_changes64(database_.get()); }

}  // namespace watchrig::platform
