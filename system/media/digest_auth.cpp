#include "system/media/digest_auth.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "system/base/base64.hpp"
#include "system/base/text.hpp"

namespace watchrig::media {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

std::string hash(DigestAlgorithm algorithm, std::string_view text) {
  std::uint8_t value[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const EVP_MD* method = algorithm == DigestAlgorithm::md5 ? EVP_md5() : EVP_sha256();
  if (EVP_Digest(text.data(), text.size(), value, &size, method, nullptr) != 1) return {};
  return base::to_hex(value, size);
}

std::string random_hex() {
  std::uint8_t bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw std::runtime_error("no random numbers from OpenSSL");
  return base::to_hex(bytes, sizeof bytes);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

using Fields = std::map<std::string, std::string>;

/// `name=token, name="quoted \" text"` (RFC 7235, 2.1); names in lower case, the first of equal names counts.
Fields parse_fields(std::string_view text) {
  Fields fields;
  while (!(text = base::trim(text)).empty()) {
    const auto equals = text.find_first_of("=,");
    if (equals == std::string_view::npos) break;
    if (text[equals] == ',') {
      text.remove_prefix(equals + 1);
      continue;
    }
    const auto name = lower(base::trim(text.substr(0, equals)));
    text = base::trim(text.substr(equals + 1));
    std::string value;
    if (text.starts_with('"')) {
      std::size_t at = 1;
      for (; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        value += text[at];
      }
      text.remove_prefix(std::min(at + 1, text.size()));
    } else {
      value = base::trim(text.substr(0, text.find(',')));
    }
    fields.emplace(name, std::move(value));
    const auto comma = text.find(',');
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return fields;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

struct Algorithm {
  DigestAlgorithm algorithm;
  bool session_variant;
};

std::optional<Algorithm> parse_algorithm(std::string_view name) {
  if (name.empty() || base::equal_ignoring_case(name, "MD5")) return Algorithm{DigestAlgorithm::md5, false};
  if (base::equal_ignoring_case(name, "MD5-sess")) return Algorithm{DigestAlgorithm::md5, true};
  if (base::equal_ignoring_case(name, "SHA-256")) return Algorithm{DigestAlgorithm::sha256, false};
  if (base::equal_ignoring_case(name, "SHA-256-sess")) return Algorithm{DigestAlgorithm::sha256, true};
  return std::nullopt;
}

std::string_view algorithm_name(DigestAlgorithm algorithm, bool session_variant) {
  if (algorithm == DigestAlgorithm::md5) return session_variant ? "MD5-sess" : "MD5";
  return session_variant ? "SHA-256-sess" : "SHA-256";
}

bool scheme_is(std::string_view header, std::string_view scheme) {
  return header.size() > scheme.size() &&
         base::equal_ignoring_case(header.substr(0, scheme.size()), scheme) &&
         (header[scheme.size()] == ' ' || header[scheme.size()] == '\t');
}

int strength(const AuthChallenge& challenge) {
  if (challenge.basic) return 0;
  return challenge.algorithm == DigestAlgorithm::md5 ? 1 : 2;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// Clients put the URL of the stream, of the track or the path alone into the header.
bool same_resource(std::string_view claimed, std::string_view requested) {
  const auto path = [](std::string_view uri) {
    if (const auto scheme = uri.find("://"); scheme != std::string_view::npos) {
      uri = uri.substr(std::min(uri.find('/', scheme + 3), uri.size()));
    }
    while (uri.ends_with('/')) uri.remove_suffix(1);
    return uri;
  };
  const auto a = path(claimed);
  const auto b = path(requested);
  return a.starts_with(b) || b.starts_with(a);
}

}  // namespace

std::string digest_response(const DigestFields& f) {
  std::string secret = hash(f.algorithm, fmt::format("{}:{}:{}", f.username, f.realm, f.password));
  if (f.session_variant) secret = hash(f.algorithm, fmt::format("{}:{}:{}", secret, f.nonce, f.cnonce));
  const std::string request = hash(f.algorithm, fmt::format("{}:{}", f.method, f.uri));
  if (f.qop.empty()) return hash(f.algorithm, fmt::format("{}:{}:{}", secret, f.nonce, request));
  return hash(f.algorithm, fmt::format("{}:{}:{}:{}:{}:{}", secret, f.nonce, f.nc, f.cnonce, f.qop, request));
}

Result<AuthChallenge> parse_challenge(std::string_view header) {
  AuthChallenge challenge;
  header = base::trim(header);
  if (scheme_is(header, "Basic")) {
    challenge.basic = true;
    challenge.realm = parse_fields(header.substr(5))["realm"];
    return challenge;
  }
  if (!scheme_is(header, "Digest")) {
    return Error{ErrorKind::unsupported, fmt::format("authentication scheme \"{:.20}\" is not supported",
                                                     base::split_once(header, ' ').first)};
  }
  auto fields = parse_fields(header.substr(6));
  const auto algorithm = parse_algorithm(fields["algorithm"]);
  if (!algorithm) {
    return Error{ErrorKind::unsupported,
                 fmt::format("Digest algorithm \"{:.20}\" is not supported", fields["algorithm"])};
  }
  challenge.algorithm = algorithm->algorithm;
  challenge.session_variant = algorithm->session_variant;
  challenge.realm = fields["realm"];
  challenge.nonce = fields["nonce"];
  challenge.stale = base::equal_ignoring_case(fields["stale"], "true");
  if (fields.contains("opaque")) challenge.opaque = fields["opaque"];
  if (challenge.nonce.empty()) return Error{ErrorKind::invalid, "Digest challenge without nonce"};
  if (!fields.contains("qop") || fields["qop"].empty()) return challenge;
  for (const auto qop : base::split(fields["qop"], ',')) {
    challenge.qop_auth |= base::equal_ignoring_case(base::trim(qop), "auth");
  }
  if (challenge.qop_auth) return challenge;
  return Error{ErrorKind::unsupported, fmt::format("Digest qop \"{:.20}\" is not supported", fields["qop"])};
}

AuthClient::AuthClient(Credentials credentials, bool allow_basic)
    : credentials_(std::move(credentials)), allow_basic_(allow_basic) {}

Result<> AuthClient::challenged(const std::vector<std::string_view>& header_values) {
  if (credentials_.username.empty())
    return Error{ErrorKind::denied, "401, a user name and password are needed"};
  std::optional<AuthChallenge> best;
  std::optional<Error> problem;
  for (const auto value : header_values) {
    auto challenge = parse_challenge(value);
    if (!challenge) {
      problem = challenge.error();
    } else if (!best || strength(*challenge) > strength(*best)) {
      best = std::move(*challenge);
    }
  }
  if (!best) return problem.value_or(Error{ErrorKind::invalid, "401 without a WWW-Authenticate header"});
  if (best->basic && !allow_basic_) {
    return Error{
        ErrorKind::denied,
        "401, only Basic authentication is offered, which would send the password readable; switch the "
        "device to Digest authentication"};
  }
  if (answered_ && !proven_ && !best->stale) {
    return Error{ErrorKind::denied,
                 fmt::format("401 after {} authentication (wrong password for user \"{}\"?)",
                             best->basic ? "Basic" : "Digest", credentials_.username)};
  }
  // Several cameras renew the nonce without calling the old one stale; the next refusal counts.
  renewals_ += proven_ && challenge_ ? 1 : 0;
  proven_ = false;
  challenge_ = std::move(best);
  count_ = 0;
  return {};
}

void AuthClient::accepted() {
  proven_ = true;
  accepted_ += challenge_ ? 1 : 0;
}

std::optional<std::string> AuthClient::authorization(std::string_view method, std::string_view uri) {
  if (!challenge_) return std::nullopt;
  answered_ = true;
  const AuthChallenge& c = *challenge_;
  if (c.basic) return "Basic " + base::to_base64(credentials_.username + ":" + credentials_.password);
  const std::string count = fmt::format("{:08x}", ++count_);
  const std::string cnonce = c.qop_auth || c.session_variant ? random_hex() : "";
  DigestFields fields{c.algorithm,
                      c.session_variant,
                      credentials_.username,
                      c.realm,
                      credentials_.password,
                      method,
                      uri,
                      c.nonce,
                      {},
                      count,
                      cnonce};
  if (c.qop_auth) fields.qop = "auth";
  std::string header = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
                                   quote(credentials_.username), quote(c.realm), quote(c.nonce), quote(uri),
                                   digest_response(fields));
  // Old cameras that never name an algorithm choke on one in the answer.
  if (c.algorithm != DigestAlgorithm::md5 || c.session_variant || c.qop_auth) {
    header += fmt::format(", algorithm={}", algorithm_name(c.algorithm, c.session_variant));
  }
  if (c.qop_auth) header += fmt::format(", qop=auth, nc={}, cnonce=\"{}\"", count, cnonce);
  if (c.session_variant && !c.qop_auth) header += fmt::format(", cnonce=\"{}\"", cnonce);
  if (c.opaque) header += ", opaque=" + quote(*c.opaque);
  return header;
}

DigestServer::DigestServer(std::string realm) : realm_(std::move(realm)), nonce_(random_hex()) {}

std::vector<std::string> DigestServer::challenges(bool stale) const {
  std::vector<std::string> values;
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::md5}) {
    values.push_back(fmt::format("Digest realm={}, nonce=\"{}\", qop=\"auth\", algorithm={}{}", quote(realm_),
                                 nonce_, algorithm_name(algorithm, false), stale ? ", stale=true" : ""));
  }
  return values;
}

void DigestServer::renew_nonce() { nonce_ = random_hex(); }

DigestServer::Outcome DigestServer::check(std::string_view header, std::string_view method,
                                          std::string_view uri, const PasswordLookup& password) const {
  header = base::trim(header);
  if (!scheme_is(header, "Digest")) return {Verdict::missing, {}};
  auto fields = parse_fields(header.substr(6));
  const auto algorithm = parse_algorithm(fields["algorithm"]);
  const std::string& qop = fields["qop"];
  if (!algorithm || fields["username"].empty() || fields["response"].empty()) return {Verdict::missing, {}};
  const std::string username = fields["username"];
  const auto secret = password(username);
  const bool form =
      fields["realm"] == realm_ && (qop.empty() || qop == "auth") && same_resource(fields["uri"], uri);
  if (!secret || !form) return {Verdict::denied, username};
  const std::string expected =
      digest_response({algorithm->algorithm, algorithm->session_variant, username, realm_, *secret, method,
                       fields["uri"], fields["nonce"], qop, fields["nc"], fields["cnonce"]});
  if (!equal_in_constant_time(lower(fields["response"]), expected)) return {Verdict::denied, username};
  if (fields["nonce"] != nonce_) return {Verdict::stale, username};
  return {Verdict::granted, username, qop.empty() ? std::string() : expected};
}

}  // namespace watchrig::media
