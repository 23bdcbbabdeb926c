#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>

namespace watchrig::platform {

/// SHA-256 (FIPS 180-4) of bytes that come in parts.
class Sha256 {
 public:
  static constexpr std::size_t bytes = 32;

  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { begin(); }
  void add(const void* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  /// In hex; what comes afterwards is another message.
  std::string take();

 private:
  void begin() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace watchrig::platform
