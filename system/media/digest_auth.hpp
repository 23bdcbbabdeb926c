#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::media {

struct Credentials {
  std::string username;
  std::string password;
  bool operator==(const Credentials&) const = default;
};

/// Gives the password of a user, or nothing for an unknown one. Any thread.
using PasswordLookup = std::function<std::optional<std::string>(std::string_view username)>;

enum class DigestAlgorithm : std::uint8_t { md5, sha256 };

/// One value of a WWW-Authenticate header (RFC 2617, 3.2.1; RFC 7616, 3.3).
struct AuthChallenge {
  bool basic = false;
  DigestAlgorithm algorithm = DigestAlgorithm::md5;
  bool session_variant = false;  ///< MD5-sess or SHA-256-sess
  bool qop_auth = false;         ///< false: the server offers no qop, as RFC 2069 did
  bool stale = false;
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;
};

/// Errors: invalid (not a challenge, or one without realm or nonce), unsupported (scheme, algorithm or qop).
base::Result<AuthChallenge> parse_challenge(std::string_view header_value);

/// The client's side: remembers the challenge and writes an Authorization header for each request.
/// Of several challenges the strongest is answered: SHA-256, MD5, then Basic if allowed. No thread safety.
class AuthClient {
 public:
  AuthClient(Credentials credentials, bool allow_basic);

  /// Takes all WWW-Authenticate values of one 401. Errors: denied (credentials are missing or were refused
  /// before, or only Basic is offered and that is not allowed), unsupported, invalid.
  base::Result<> challenged(const std::vector<std::string_view>& header_values);
  /// Nothing before the first challenge.
  std::optional<std::string> authorization(std::string_view method, std::string_view uri);
  /// The server took the last answer: another 401 is then about a new nonce, not about the password.
  void accepted();
  /// The server asks for Digest as RFC 2069 has it.
  bool without_qop() const { return challenge_ && !challenge_->basic && !challenge_->qop_auth; }
  /// How often a nonce that had been good was renewed, and how many answers were accepted.
  std::uint32_t renewals() const { return renewals_; }
  std::uint32_t accepted_answers() const { return accepted_; }

 private:
  Credentials credentials_;
  bool allow_basic_;
  std::optional<AuthChallenge> challenge_;
  std::uint32_t count_ = 0;
  bool answered_ = false;  ///< a password was sent
  bool proven_ = false;    ///< and was right for the last request
  std::uint32_t renewals_ = 0, accepted_ = 0;
};

/// The server's side, one a connection: its nonce is random, lives as long as the connection and is worth
/// nothing on another one. No thread safety.
class DigestServer {
 public:
  enum class Verdict {
    granted,
    missing,  ///< no (readable) Authorization header
    stale,    ///< right password, but the nonce of another connection
    denied,   ///< unknown user or wrong password
  };
  struct Outcome {
    Verdict verdict;
    std::string username;  ///< as claimed; to be trusted only when granted
    /// Of a granted request: no two of one nonce have the same, unless one is a copy. Empty for a client
    /// without qop, of which nothing tells a copy from a repetition.
    std::string proof = {};
  };

  explicit DigestServer(std::string realm);

  /// WWW-Authenticate values, the strongest first (RFC 7616, 3.7). FFmpeg takes the last one and knows MD5
  /// only.
  std::vector<std::string> challenges(bool stale) const;
  /// What was answered to the nonce before is stale from now on.
  void renew_nonce();
  /// `uri` is that of the request line; the header's own uri must name the same resource.
  Outcome check(std::string_view header_value, std::string_view method, std::string_view uri,
                const PasswordLookup& password) const;

 private:
  std::string realm_;
  std::string nonce_;
};

/// The `response` of RFC 7616, 3.4.1 for the fields of an Authorization header; for tests and for both sides.
struct DigestFields {
  DigestAlgorithm algorithm = DigestAlgorithm::md5;
  bool session_variant = false;
  std::string_view username, realm, password, method, uri, nonce;
  std::string_view qop, nc, cnonce;  ///< empty qop: the form of RFC 2069
};
std::string digest_response(const DigestFields& fields);

}  // namespace watchrig::media
