#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "system/base/result.hpp"
#include "system/platform/sha256.hpp"

namespace watchrig::storage {

/// The digests of a file and of its pieces.
class FileDigest {
 public:
  void add(const char* data, std::size_t size);
  struct Digests {
    std::uint64_t bytes = 0;
    std::uint32_t crc32 = 0;  ///< as a ZIP has it
    std::string whole;
    std::vector<std::string> pieces;
  };
  Digests take();

 private:
  platform::Sha256 whole_, piece_;
  std::uint64_t in_piece_ = 0;
  Digests digests_;
};

/// Of a file on the disk. Errors: io.
base::Result<FileDigest::Digests> digest_file(const std::filesystem::path& file);

}  // namespace watchrig::storage
