#include "system/protocols/onvif/ws_security.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "system/base/base64.hpp"
#include "system/protocols/onvif/soap_message.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::protocols {

namespace {

constexpr const char* digest_type =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
constexpr const char* base64_type =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<UsernameToken> find_username_token(pugi::xml_node header) {
  const auto node = node_at(header, "Security/UsernameToken");
  if (!node) return std::nullopt;
  UsernameToken token;
  token.username = text_at(node, "Username");
  const auto password = child(node, "Password");
  token.password = password.text().get();
  token.digest = std::string_view(password.attribute("Type").value()).ends_with("#PasswordDigest");
  token.nonce = text_at(node, "Nonce");
  token.created = text_at(node, "Created");
  return token;
}

std::string password_digest(base::ByteView nonce, std::string_view created, std::string_view password) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha1(), nullptr);
  EVP_DigestUpdate(context, nonce.data(), nonce.size());
  EVP_DigestUpdate(context, created.data(), created.size());
  EVP_DigestUpdate(context, password.data(), password.size());
  EVP_DigestFinal_ex(context, digest, &size);
  EVP_MD_CTX_free(context);
  return base::to_base64(base::ByteView(digest, size));
}

bool is_digest_of(const UsernameToken& token, std::string_view password) {
  const auto nonce = base::from_base64(token.nonce);
  if (!token.digest || !nonce) return false;
  return equal_in_constant_time(token.password, password_digest(*nonce, token.created, password));
}

bool is_fresh(const UsernameToken& token, base::UtcTime now, base::Duration tolerance) {
  const auto created = parse_xml_time(token.created);
  return created && *created <= now + tolerance && *created >= now - tolerance;
}

bool proves(const UsernameToken& token, std::string_view password, base::UtcTime now,
            base::Duration tolerance) {
  if (!token.digest) return equal_in_constant_time(token.password, password);
  return is_fresh(token, now, tolerance) && is_digest_of(token, password);
}

void add_username_token(pugi::xml_node header, std::string_view username, std::string_view password,
                        base::ByteView nonce, base::UtcTime now) {
  const std::string created = base::format_utc(std::chrono::floor<std::chrono::milliseconds>(now));
  auto security = add(header, "wsse:Security");
  security.append_attribute("s:mustUnderstand") = "1";
  auto token = add(security, "wsse:UsernameToken");
  add(token, "wsse:Username", username);
  add(token, "wsse:Password", password_digest(nonce, created, password)).append_attribute("Type") =
      digest_type;
  add(token, "wsse:Nonce", base::to_base64(nonce)).append_attribute("EncodingType") = base64_type;
  add(token, "wsu:Created", created);
}

}  // namespace watchrig::protocols
