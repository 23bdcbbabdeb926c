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

  /// Whether the directory is still the one that was locked, and can be read. Errors: not_found (its disk was
  /// unmounted or pulled), io.
  base::Result<> check() const;

 private:
  VolumeLock(std::filesystem::path path, base::FileDescriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::filesystem::path path_;
  base::FileDescriptor file_;
};

}  // namespace watchrig::storage
