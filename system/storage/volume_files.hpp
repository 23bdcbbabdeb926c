#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <sys/uio.h>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"

namespace watchrig::storage {

/// One file of a volume. Reading is safe on any thread, writing and sync on one.
class SegmentFile {
 public:
  virtual ~SegmentFile() = default;
  /// Bytes read: fewer than asked only at the end of the file.
  virtual base::Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into) = 0;
  /// All of it or an error; then any part may have been written. The vectors may be changed.
  virtual base::Result<> write(std::uint64_t offset, std::span<iovec> data) = 0;
  /// Returns when everything written before is on the medium. After an error nobody knows what is: the file
  /// must not be written any more, and what was not on the medium before must be written elsewhere.
  virtual base::Result<> sync() = 0;
  virtual base::Result<std::uint64_t> size() = 0;
  /// Whole blocks that are zeros from now on, and take no space. Any thread. Errors: unsupported (of the file
  /// system), io.
  virtual base::Result<> give_back(std::uint64_t offset, std::uint64_t size) = 0;
  /// Everything from `offset` to the place returned is zeros that were never written; `offset` itself where
  /// the file system cannot tell.
  virtual std::uint64_t skip_unwritten(std::uint64_t offset) { return offset; }
};

/// The file system under a volume: the seam where tests put one that fails, and loses what was not synced.
class VolumeFiles {
 public:
  virtual ~VolumeFiles() = default;
  /// A new file of `bytes` zeros with its space reserved. Errors: full, io, denied.
  virtual base::Result<std::unique_ptr<SegmentFile>> create(const std::filesystem::path& path,
                                                            std::uint64_t bytes) = 0;
  virtual base::Result<std::unique_ptr<SegmentFile>> open(const std::filesystem::path& path) = 0;
  /// Gives a file its name for good: after the return it has that name at a power cut too.
  virtual base::Result<> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual base::Result<> remove(const std::filesystem::path& path) = 0;
  virtual base::Result<std::vector<std::filesystem::path>> list(const std::filesystem::path& directory) = 0;
  struct Space {
    std::uint64_t capacity = 0;
    std::uint64_t free = 0;  ///< what a process without privileges can still use
  };
  virtual base::Result<Space> space(const std::filesystem::path& directory) = 0;
};

/// The operating system's.
std::shared_ptr<VolumeFiles> system_files();

}  // namespace watchrig::storage
