#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>

#include "system/base/result.hpp"

namespace watchrig::storage {

/// SHA-256 (FIPS 180-4) of bytes that come in parts.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { begin(); }
  void add(const void* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  /// In hex; what comes afterwards is another message.
  std::string take();

 private:
  void begin() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

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
  Sha256 whole_, piece_;
  std::uint64_t in_piece_ = 0;
  Digests digests_;
};

/// Of a file on the disk. Errors: io.
base::Result<FileDigest::Digests> digest_file(const std::filesystem::path& file);

}  // namespace watchrig::storage
