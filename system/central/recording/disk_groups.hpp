#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "system/central/field_error.hpp"
#include "system/platform/recording_messages.hpp"
#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

/// Errors: invalid, with the field disk_group.
FieldResult<void> check_disk_group(std::int64_t disk_group);

/// Which volumes are of which disk group, kept in a database over restarts. All are of the first until
/// somebody moves them. Any thread.
class DiskGroups {
 public:
  /// `data` is the folder of the server: volumes within it stay what they are when it is moved.
  static base::Result<std::unique_ptr<DiskGroups>> open(const std::filesystem::path& file,
                                                        const std::filesystem::path& data);

  /// Those that are not of the first, in the order of their directories.
  std::vector<platform::GroupedVolume> volumes() const;
  std::int64_t of(const std::string& directory) const;
  /// Errors: invalid with the field, those of the database.
  FieldResult<void> move(const std::string& directory, std::int64_t disk_group);

 private:
  DiskGroups(platform::SqliteDatabase database, std::filesystem::path data)
      : data_(std::move(data)), database_(std::move(database)) {}
  base::Result<> load();
  std::string key_of(const std::string& directory) const;

  const std::filesystem::path data_;
  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<std::string, std::int64_t> groups_;  ///< by key
};

}  // namespace watchrig::central
