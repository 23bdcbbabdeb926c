#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "system/base/result.hpp"

struct evp_pkey_st;

namespace watchrig::platform {

/// The public half of an Ed25519 key (RFC 8032). Copies are equal.
class PublicKey {
 public:
  static constexpr std::size_t raw_bytes = 32;
  static constexpr std::size_t signature_bytes = 64;

  /// Errors: invalid, unless it has raw_bytes.
  static base::Result<PublicKey> from_raw(std::string_view raw);
  /// As SubjectPublicKeyInfo in PEM (RFC 8410). Errors: invalid.
  static base::Result<PublicKey> from_pem(std::string_view pem);

  bool has_signed(std::string_view text, std::string_view signature) const;
  std::string pem() const;
  /// SHA-256 of SubjectPublicKeyInfo in DER, in hex: what `openssl pkey -pubin -outform DER | sha256sum`
  /// says.
  std::string fingerprint() const;
  bool operator==(const PublicKey&) const = default;

 private:
  std::array<unsigned char, raw_bytes> raw_{};
};

/// A key with which this server signs what leaves it, in a file that nobody else may read. Copies share it.
/// Any thread.
class SigningKey {
 public:
  /// Makes the key when there is no file. Errors: denied (others may read it), corrupt (it is no such key),
  /// io; the message says what to do.
  static base::Result<SigningKey> open(const std::filesystem::path& file);

  const PublicKey& public_key() const { return public_key_; }
  /// PublicKey::signature_bytes; empty where the library fails.
  std::string sign(std::string_view text) const;

 private:
  SigningKey(std::shared_ptr<evp_pkey_st> key, const PublicKey& public_key)
      : key_(std::move(key)), public_key_(public_key) {}

  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_key_;
};

}  // namespace watchrig::platform
