#include "system/central/recording/disk_groups.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/central/devices/device.hpp"

namespace watchrig::central {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

namespace {

const std::vector<std::string_view> migrations{
    "CREATE TABLE volume(directory TEXT PRIMARY KEY, disk_group INTEGER NOT NULL)"};

}  // namespace

FieldResult<void> check_disk_group(std::int64_t disk_group) {
  if (disk_group >= 1 && disk_group <= most_disk_groups) return {};
  return FieldError{"disk_group",
                    {ErrorKind::invalid, fmt::format("disk_group must be 1 to {}", most_disk_groups)}};
}

Result<std::unique_ptr<DiskGroups>> DiskGroups::open(const fs::path& file, const fs::path& data) {
  auto database = platform::SqliteDatabase::open(file, migrations);
  if (!database) return database.error();
  std::unique_ptr<DiskGroups> groups(new DiskGroups(*std::move(database), data));
  if (auto loaded = groups->load(); !loaded) return loaded.error();
  return groups;
}

Result<> DiskGroups::load() {
  auto rows = database_.prepare("SELECT directory, disk_group FROM volume");
  if (!rows) return rows.error();
  auto row = rows->step();
  for (; row && *row; row = rows->step())
    groups_[rows->text(0)] = std::clamp<std::int64_t>(rows->integer(1), 1, most_disk_groups);
  if (!row) return row.error();
  return {};
}

std::string DiskGroups::key_of(const std::string& directory) const {
  const auto within = fs::path(directory).lexically_relative(data_);
  return within.empty() || *within.begin() == ".." ? directory : within.native();
}

std::vector<platform::GroupedVolume> DiskGroups::volumes() const {
  const std::lock_guard lock(mutex_);
  std::vector<platform::GroupedVolume> volumes;
  for (const auto& [key, group] : groups_) volumes.push_back({(data_ / key).native(), group});
  return volumes;
}

std::int64_t DiskGroups::of(const std::string& directory) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(key_of(directory));
  return found == groups_.end() ? 1 : found->second;
}

FieldResult<void> DiskGroups::move(const std::string& directory, std::int64_t disk_group) {
  if (auto checked = check_disk_group(disk_group); !checked) return checked;
  const std::lock_guard lock(mutex_);
  const auto key = key_of(directory);
  const bool is_first = disk_group == 1;
  auto row = database_.prepare(is_first ? "DELETE FROM volume WHERE directory=?"
                                        : "INSERT OR REPLACE INTO volume(directory, disk_group) VALUES(?,?)");
  if (!row) return FieldError{{}, row.error()};
  const auto done = is_first ? row->bind(key).run() : row->bind(key, disk_group).run();
  if (!done) return FieldError{{}, done.error()};
  groups_.erase(key);
  if (!is_first) groups_[key] = disk_group;
  return {};
}

}  // namespace watchrig::central
