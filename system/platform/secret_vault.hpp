#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "system/base/result.hpp"

namespace watchrig::platform {

/// Encrypts secrets that the server must be able to read again (passwords of devices, of mail servers) with a
/// key that lies in a file of its own, so that a database, a backup or an export alone gives nothing away.
///
/// AES-256-GCM (NIST SP 800-38D). A sealed text is `v1.KEY.DATA`: KEY names the key (8 hexadecimal digits of
/// its SHA-256), DATA is base64 of nonce (12 bytes), ciphertext and tag (16 bytes). Copies share the key. Any
/// thread.
class SecretVault {
 public:
  /// Reads the key from the file, and makes both when there is none. Errors: denied (others may read the
  /// file), corrupt (it holds no key); the message says what to do.
  static base::Result<SecretVault> open(const std::filesystem::path& file);

  /// `purpose` ("device 7 password") must be given again to open: a sealed text that was copied elsewhere
  /// does not open there. Errors: unavailable, when there are no random numbers.
  base::Result<std::string> seal(std::string_view secret, std::string_view purpose) const;
  /// Errors: denied (sealed with another key), corrupt (changed, of another purpose, or no sealed text),
  /// unsupported (made by a newer program). The message says that the secret must be entered again.
  base::Result<std::string> open_sealed(std::string_view sealed, std::string_view purpose) const;

 private:
  struct Key;
  explicit SecretVault(std::shared_ptr<const Key> key) : key_(std::move(key)) {}

  std::shared_ptr<const Key> key_;
};

}  // namespace watchrig::platform
