#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace watchrig::platform {

/// A prepared statement of an SqliteDatabase, which outlives it. Columns count from 0. Text that is bound
/// must live until the statement was stepped.
class SqliteStatement {
 public:
  /// Makes the statement ready to run anew with one value for each `?`.
  template <class... Values>
  SqliteStatement& bind(const Values&... values) {
    reset();
    int at = 0;
    (bind_one(++at, values), ...);
    return *this;
  }

  /// One value, for the parameter at a position from 1, after reset().
  void bind_at(int at, std::int64_t value) { bind_one(at, value); }
  void bind_at(int at, std::string_view value) { bind_one(at, value); }

  /// True when there is a row to read, false at the end. Errors: conflict (a constraint), full, corrupt, io.
  base::Result<bool> step();
  /// Runs a statement that yields no rows.
  base::Result<> run();
  void reset();

  std::int64_t integer(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::string text(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
  void bind_one(int at, std::int64_t value);
  void bind_one(int at, std::uint64_t value) { bind_one(at, static_cast<std::int64_t>(value)); }
  void bind_one(int at, std::uint32_t value) { bind_one(at, static_cast<std::int64_t>(value)); }
  void bind_one(int at, std::string_view value);
  void bind_one(int at, std::optional<std::int64_t> value);
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// An SQLite database file with a write-ahead log, so that readers never wait for the writer. One thread at a
/// time. Errors are corrupt, full, denied, conflict (a constraint) or io.
class SqliteDatabase {
 public:
  /// Opens the file, and makes it when it is missing.
  static base::Result<SqliteDatabase> open(const std::filesystem::path& file);
  /// The same, and brings its schema up to date: `migrations[n]` leads from version n to n + 1 (SQLite's
  /// user_version). unsupported when a newer program has made it.
  static base::Result<SqliteDatabase> open(const std::filesystem::path& file,
                                           const std::vector<std::string_view>& migrations);

  base::Result<> execute(std::string_view sql);
  base::Result<SqliteStatement> prepare(std::string_view sql);
  /// The key of the row inserted last.
  std::int64_t last_insert_id() const;
  /// How many rows the last statement has changed.
  std::int64_t changed_rows() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit SqliteDatabase(sqlite3* database, std::string name)
      : database_(database), name_(std::move(name)) {}
  base::Result<> migrate(const std::vector<std::string_view>& migrations);

  std::unique_ptr<sqlite3, Close> database_;
  std::string name_;
};

}  // namespace watchrig::platform
