#pragma once

#include <filesystem>

#include "system/base/file_descriptor.hpp"
#include "system/base/result.hpp"

namespace watchrig::storage {

/// Holds a volume's directory for one server, by flock(2) on its file `lock`; the operating system frees it
/// when the process ends in whatever way. The file names the process that has it.
class VolumeLock {
 public:
  /// Makes the directory when it is missing. Errors: conflict (held by another, named), invalid (not a
  /// directory), denied, io.
  static base::Result<VolumeLock> take(const std::filesystem::path& directory);

 private:
  explicit VolumeLock(base::FileDescriptor file) : file_(std::move(file)) {}
  base::FileDescriptor file_;
};

}  // namespace watchrig::storage
