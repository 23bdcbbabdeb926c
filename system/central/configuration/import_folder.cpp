#include "system/central/configuration/import_folder.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/central.hpp"
#include "system/central/configuration/configuration_transfer.hpp"
#include "system/platform/text_file.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto done_name = "import.done";

Result<> move(const fs::path& from, const fs::path& to) {
  std::error_code failure;
  fs::create_directories(to.parent_path(), failure);
  if (!failure) fs::rename(from, to, failure);
  if (failure) {
    return Error{
        ErrorKind::io,
        fmt::format("the new configuration is not in place yet: {}: {}; start again when that is mended",
                    from.string(), failure.message())};
  }
  return {};
}

bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(file, ignored));
}

/// What a power cut has left of calls that were under way.
void remove_parts(const fs::path& data) {
  std::error_code failure;
  for (fs::directory_iterator it(data, failure), end; !failure && it != end; it.increment(failure)) {
    const auto name = it->path().filename().string();
    std::error_code ignored;
    if (name == done_name || (name.starts_with("configuration-") && name.ends_with(".part")))
      fs::remove_all(it->path(), ignored);
  }
}

/// The old file with what SQLite keeps beside it, the file itself last: until it is gone, it is not replaced.
Result<> set_aside(const fs::path& data, const fs::path& aside, const std::string& name) {
  for (const char* end : {"-wal", "-shm", ""}) {
    if (!is_there(data / (name + end))) continue;
    if (auto moved = move(data / (name + end), aside / (name + end)); !moved) return moved;
  }
  return {};
}

}  // namespace

Result<> place_order(const fs::path& data, const fs::path& folder, base::UtcTime now) {
  std::string names;
  const auto known = Central::configuration_files();
  for (const auto& name : known) {
    if (!is_there(folder / name)) continue;
    if (auto synced = platform::sync_to_disk(folder / name); !synced) return synced;
    names += name + "\n";
  }
  std::string time = base::format_utc(now, 0);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  auto written = platform::write_text_file(folder / "aside", "replaced-" + time);
  if (written) written = platform::write_text_file(folder / "names", names);
  if (written) written = platform::sync_to_disk(folder / "certificates");
  if (!written) return written;
  std::error_code failure;
  fs::rename(folder, data / import_name, failure);
  if (failure) return Error{ErrorKind::io, fmt::format("{}: {}", folder.string(), failure.message())};
  return platform::sync_to_disk(data);
}

// Of each name there is, one after the other: the old file and the new one waiting; only the new one,
// waiting; the new one in place. Each step leads from one to the next at one stroke, so that a start after a
// power cut sees where the last one has come to.
Result<std::optional<std::string>> finish_import(const fs::path& data) {
  const auto waiting = data / import_name;
  if (!is_there(waiting)) {
    remove_parts(data);
    return std::optional<std::string>();
  }
  const auto listed = platform::read_text_file(waiting / "names");
  if (!listed) return listed.error();
  const auto folder = platform::read_text_file(waiting / "aside");
  if (!folder) return folder.error();
  const auto aside = data / *folder;
  const auto names = base::split(*listed, '\n');
  for (const auto& name : Central::configuration_files()) {
    const bool is_new = std::ranges::find(names, name) != names.end();
    if (is_new && !is_there(waiting / name)) continue;
    if (auto moved = set_aside(data, aside, name); !moved) return moved.error();
    if (!is_new) continue;
    if (auto moved = move(waiting / name, data / name); !moved) return moved.error();
  }
  std::error_code ignored;
  fs::permissions(aside, fs::perms::owner_all, ignored);
  if (auto synced = platform::sync_to_disk(data); !synced) return synced.error();
  if (auto moved = move(waiting, data / done_name); !moved) return moved.error();
  remove_parts(data);
  return std::optional(
      fmt::format("an imported configuration is in place; the one before is kept in {}", aside.string()));
}

}  // namespace watchrig::central
