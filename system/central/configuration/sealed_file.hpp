#pragma once

#include <string>
#include <string_view>

#include "system/base/result.hpp"

namespace watchrig::central {

/// A file that only whoever knows its password can read or change. Version 1, one part after the other:
///
///   `WATCHRIG-CONFIGURATION 1` and a line feed
///   16 bytes  salt
///   12 bytes  nonce
///   n bytes   AES-256-GCM ciphertext (NIST SP 800-38D), line and salt as additional data
///   16 bytes  tag
///   32 bytes  SHA-256 of everything before, which tells a damaged file from a wrong password
///
/// The key is argon2id (RFC 9106) of the password: 3 passes over 64 MiB, one lane; a tenth of a second.
/// Errors: unavailable, when there are no random numbers or not so much memory.
base::Result<std::string> seal_file(std::string_view content, std::string_view password);

/// Errors: corrupt (no such file, cut off, a byte changed), unsupported (a newer program has made it), denied
/// (the password).
base::Result<std::string> open_sealed_file(std::string_view file, std::string_view password);

}  // namespace watchrig::central
