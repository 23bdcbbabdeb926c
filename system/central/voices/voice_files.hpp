#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "system/central/field_error.hpp"

namespace watchrig::central {

/// A sound that an alarm can play: raw samples (PCM).
struct VoiceFile {
  std::string name;  ///< 5 to 63 bytes with ".pcm" at the end, unique; no "/" and no dot in front
  std::int64_t bytes = 0;
};

/// The voice files of the server (IVSS 8.8.5), each a file by its name in a folder of their own. Any thread;
/// calls read and write the disk.
class VoiceFiles {
 public:
  static constexpr std::int64_t least_bytes = 2 * 1024;
  static constexpr std::int64_t most_bytes = 10 * 1024 * 1024;
  static constexpr std::int64_t most_total = 200 * 1024 * 1024;

  /// Makes the folder when it is missing. Errors: denied, io.
  static base::Result<std::unique_ptr<VoiceFiles>> open(const std::filesystem::path& folder);

  /// By name.
  std::vector<VoiceFile> all() const;
  /// Errors: invalid (the name; the file, when its size is wrong or it has a header and so is no raw PCM),
  /// conflict (the name is taken), full (all together), io.
  FieldResult<VoiceFile> add(const std::string& name, std::string_view content);
  /// Errors: not_found, invalid and conflict (the new name), io.
  FieldResult<VoiceFile> rename(const std::string& name, const std::string& new_name);
  /// Errors: not_found, io.
  base::Result<> remove(const std::string& name);
  /// Errors: not_found, io.
  base::Result<std::string> content(const std::string& name) const;

 private:
  explicit VoiceFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  // Under mutex_.
  FieldResult<void> check_name(const std::string& name) const;
  base::Result<> check_there(const std::string& name) const;

  const std::filesystem::path folder_;
  mutable std::mutex mutex_;
  std::map<std::string, std::int64_t> sizes_;  ///< by name
};

}  // namespace watchrig::central
