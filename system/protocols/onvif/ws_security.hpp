#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"

namespace watchrig::protocols {

/// What a UsernameToken of a SOAP header says (Web Services Security UsernameToken Profile 1.0, 3.1).
struct UsernameToken {
  std::string username;
  std::string password;  ///< the digest in base64, or the password itself
  bool digest = false;   ///< #PasswordDigest
  std::string nonce;     ///< base64
  std::string created;   ///< as written
};

/// The token of a message's header; nothing when it has none.
std::optional<UsernameToken> find_username_token(pugi::xml_node header);

/// Base64(SHA-1(nonce + created + password)).
std::string password_digest(base::ByteView nonce, std::string_view created, std::string_view password);

/// Whether its digest is that of the password, whenever it was made.
bool is_digest_of(const UsernameToken& token, std::string_view password);
/// Whether it was made within `tolerance` of `now` on either side.
bool is_fresh(const UsernameToken& token, base::UtcTime now, base::Duration tolerance);
/// Whether the token shows that its sender knows the password: by digest, for a creation time within
/// `tolerance` of `now` on either side, or as plain text.
bool proves(const UsernameToken& token, std::string_view password, base::UtcTime now,
            base::Duration tolerance);

/// Writes a digest token into a header; `now` is to be the device's idea of the time.
void add_username_token(pugi::xml_node header, std::string_view username, std::string_view password,
                        base::ByteView nonce, base::UtcTime now);

}  // namespace watchrig::protocols
