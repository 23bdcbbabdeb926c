#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/platform/signing_key.hpp"

namespace watchrig::central {

/// The public key (Ed25519, RFC 8032) of who issues licences and upgrades for this server. Copies are equal.
class MakerKey {
 public:
  /// Nobody's: it believes no signature.
  MakerKey() = default;
  /// Base64 of the 32 bytes. Errors: invalid.
  static base::Result<MakerKey> from(std::string_view base64);

  bool is_none() const { return !key_; }
  bool has_signed(std::string_view text, std::string_view signature) const;

 private:
  std::optional<platform::PublicKey> key_;
};

/// A text whose maker can be told: the line `TITLE 1`, lines `name: value`, and `signature: BASE64`, which is
/// Ed25519 over all bytes before that line. A line is ended by a line feed and has no other control
/// characters.
struct SignedText {
  static constexpr std::size_t most_bytes = 64 * 1024;
  static constexpr std::size_t most_fields = 1000;

  std::vector<std::pair<std::string, std::string>> fields;  ///< in their order; a name may come again
  std::size_t bytes = 0;                                    ///< with the line of the signature

  /// Of the first field of that name, or empty.
  std::string value(std::string_view name) const;
};

/// What stands at the beginning of `file`; more may follow. Errors: invalid (another title), unsupported (a
/// newer form of it), corrupt (cut short, or no such lines), denied (not signed by this maker).
base::Result<SignedText> read_signed_text(std::string_view file, std::string_view title,
                                          const MakerKey& maker);

/// The same without looking at the signature.
base::Result<SignedText> parse_signed_text(std::string_view file, std::string_view title);

}  // namespace watchrig::central
