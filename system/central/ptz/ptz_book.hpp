#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>

#include "system/platform/sqlite_database.hpp"

namespace watchrig::central {

enum class PtzKind { preset, tour };

/// What of a channel's numbered presets and tours the device does not know: by which token it has them.
/// Patterns are kept whole. In a database over restarts; ids of channels are never used again. Any thread.
class PtzBook {
 public:
  static constexpr unsigned most = 128;  ///< of each kind a channel (platform manual 1.1.15)
  /// By number, from 1.
  using Entries = std::map<unsigned, std::string>;

  static base::Result<std::unique_ptr<PtzBook>> open(const std::filesystem::path& file);

  Entries entries(const std::string& channel, PtzKind kind) const;
  base::Result<> put(const std::string& channel, PtzKind kind, unsigned number, const std::string& content);
  /// Nothing happens when there is none.
  base::Result<> remove(const std::string& channel, PtzKind kind, unsigned number);

 private:
  using Key = std::tuple<std::string, PtzKind, unsigned>;
  explicit PtzBook(platform::SqliteDatabase database) : database_(std::move(database)) {}
  base::Result<> load();

  mutable std::mutex mutex_;
  platform::SqliteDatabase database_;
  std::map<Key, std::string> entries_;
};

}  // namespace watchrig::central
