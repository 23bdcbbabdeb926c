#include "system/platform/database_copy.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <unistd.h>

#include <fmt/format.h>
#include <sqlite3.h>

#include "system/platform/text_file.hpp"

namespace watchrig::platform {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr int busy_patience = 5000;                       // ms
constexpr auto copy_patience = std::chrono::seconds(10);  // of real time, with a file that is locked
constexpr std::uintmax_t smallest_page = 512;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

Error damaged(const fs::path& file, std::string_view why) {
  return {ErrorKind::corrupt, fmt::format("database {} is damaged: {}", file.string(), why)};
}

/// What SQLite says of a file: damaged only if that is what it has found.
Error failed(const fs::path& file, int code, std::string_view why) {
  const int primary = code & 0xff;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) return damaged(file, why);
  return {ErrorKind::unavailable, fmt::format("database {} cannot be used now: {}", file.string(), why)};
}

Result<Handle> open(const fs::path& file, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK) return failed(file, code, sqlite3_errmsg(raw));
  sqlite3_busy_timeout(raw, busy_patience);
  return handle;
}

/// A file ends with a whole page, unless the log beside it still has what belongs there. SQLite itself fills
/// up a page that is cut off with zeros.
bool is_cut_off(const fs::path& file) {
  std::error_code failure;
  const auto log = fs::file_size(file.string() + "-wal", failure);
  if (!failure && log > 0) return false;
  std::array<unsigned char, 18> header{};
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(header.data()), header.size());
  const unsigned page = header[16] * 256u + header[17];  // file format, 1.3.2; 1 stands for 65,536
  return fs::file_size(file, failure) % (page <= 1 ? 65'536 : page) != 0;
}

Result<> quick_check(const fs::path& file) {
  const auto database = open(file, SQLITE_OPEN_READWRITE);
  if (!database) return database.error();
  std::string found;
  const auto note = [](void* target, int columns, char** values, char**) {
    auto& text = *static_cast<std::string*>(target);
    if (text.empty() && columns > 0 && values[0]) text = values[0];
    return 0;
  };
  const int code = sqlite3_exec(database->get(), "PRAGMA quick_check(1)", note, &found, nullptr);
  if (code != SQLITE_OK) return failed(file, code, sqlite3_errmsg(database->get()));
  if (found != "ok") return damaged(file, found);
  return {};
}

}  // namespace

Result<> check_database(const fs::path& file) {
  std::error_code failure;
  const auto status = fs::status(file, failure);
  if (!fs::exists(status))
    return Error{ErrorKind::not_found, fmt::format("database {} is missing", file.string())};
  if (!fs::is_regular_file(status)) return damaged(file, "it is no file");
  if (::access(file.c_str(), R_OK | W_OK) != 0) {
    return Error{ErrorKind::denied,
                 fmt::format("database {} may not be read and written by this user: set its owner and rights",
                             file.string())};
  }
  // SQLite takes a file that is empty, or as good as, for a new database, and would forget all that was in
  // it.
  if (fs::file_size(file, failure) < smallest_page) return damaged(file, "it is empty");
  if (is_cut_off(file)) return damaged(file, "its end is cut off");
  return quick_check(file);
}

Result<> copy_database(const fs::path& source, const fs::path& target) {
  std::error_code ignored;
  if (fs::exists(target, ignored))
    return Error{ErrorKind::conflict, fmt::format("{} is there already", target.string())};
  {
    const auto from = open(source, SQLITE_OPEN_READWRITE);
    if (!from) return from.error();
    const auto to = open(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!to) return to.error();
    sqlite3_backup* backup = sqlite3_backup_init(to->get(), "main", from->get(), "main");
    if (!backup) return failed(target, sqlite3_errcode(to->get()), sqlite3_errmsg(to->get()));
    // In one step: with several the copy would begin anew whenever somebody writes in between. Writers do not
    // wait, for they have a log of their own.
    const auto deadline = std::chrono::steady_clock::now() + copy_patience;
    int code = SQLITE_BUSY;
    while ((code == SQLITE_BUSY || code == SQLITE_LOCKED) && std::chrono::steady_clock::now() < deadline)
      code = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE) return failed(source, code, sqlite3_errstr(code));
    // One file, without a log beside it, is easier to carry about.
    sqlite3_exec(to->get(), "PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
  }
  if (auto synced = sync_to_disk(target); !synced) return synced;
  return check_database(target);
}

}  // namespace watchrig::platform
