#include "system/central/certificates/certificate_maker.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "system/base/text.hpp"

namespace watchrig::central {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::chrono::days root_validity{30 * 365};
constexpr std::chrono::days clock_skew{1};
constexpr std::size_t longest_name = 64;     // X.520, ub-common-name and others
constexpr std::size_t longest_domain = 253;  // RFC 1035

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {ErrorKind::invalid, std::move(message)}};
}

bool is_ip(const std::string& text) {
  boost::system::error_code failure;
  boost::asio::ip::make_address(text, failure);
  return !failure && text.find('%') == std::string::npos;
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > longest_domain) return false;
  for (const auto label : base::split(text, '.')) {
    const bool plain =
        std::ranges::all_of(label, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' || !plain)
      return false;
  }
  // All digits would be an address that is none.
  return !std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) || c == '.'; });
}

bool add(X509_NAME* name, const char* field, const std::string& value) {
  return value.empty() || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                                     reinterpret_cast<const unsigned char*>(value.data()),
                                                     static_cast<int>(value.size()), -1, 0) == 1;
}

bool fill(X509_NAME* name, const CertificateSubject& subject) {
  // A longer domain stands in subjectAltName alone, which is what clients read (RFC 6125, 6.4.4).
  const auto common = subject.address.size() <= longest_name ? subject.address : std::string();
  return add(name, "C", subject.country) && add(name, "ST", subject.province) &&
         add(name, "L", subject.city) && add(name, "O", subject.organisation) &&
         add(name, "OU", subject.unit) && add(name, "CN", common);
}

std::string alternative_name(const CertificateSubject& subject) {
  return fmt::format("{}:{}", is_ip(subject.address) ? "IP" : "DNS", subject.address);
}

using Extension = std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)>;

Extension extension(X509V3_CTX* context, int kind, const std::string& value) {
  return {X509V3_EXT_conf_nid(nullptr, context, kind, value.c_str()), X509_EXTENSION_free};
}

using Extensions = std::vector<std::pair<int, std::string>>;

bool add(X509* certificate, X509* issuer, const Extensions& extensions) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return std::ranges::all_of(extensions, [&](const auto& one) {
    const auto made = extension(&context, one.first, one.second);
    return made && X509_add_ext(certificate, made.get(), -1) == 1;
  });
}

bool set_serial(X509* certificate) {
  unsigned char random[16];
  if (RAND_bytes(random, sizeof random) != 1) return false;
  random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);  // positive, and always as long
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(BN_bin2bn(random, sizeof random, nullptr),
                                                           BN_free);
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool set_validity(X509* certificate, base::UtcTime begin, base::UtcTime end) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), to_unix(begin)) &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), to_unix(end));
}

Error failed(std::string_view what) { return openssl_error(ErrorKind::io, what); }

}  // namespace

FieldResult<void> check_subject(const CertificateSubject& subject) {
  const auto& country = subject.country;
  if (country.size() != 2 || !std::ranges::all_of(country, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return refuse("country", "must be two capital letters, such as DE");
  if (!is_ip(subject.address) && !is_domain(subject.address))
    return refuse("address", "must be the IP address or the domain by which clients reach this server");
  for (const auto& [field, value] :
       {std::pair("province", &subject.province), std::pair("city", &subject.city),
        std::pair("organisation", &subject.organisation), std::pair("unit", &subject.unit)}) {
    const bool control = std::ranges::any_of(*value, [](unsigned char c) { return c < ' ' || c == 0x7f; });
    if (value->size() > longest_name || control)
      return refuse(field, fmt::format("must have at most {} characters, none of control", longest_name));
  }
  return {};
}

Result<X509Ptr> make_root(EVP_PKEY* key, base::UtcTime now) {
  X509Ptr root(X509_new());
  X509* x509 = root.get();
  const bool made = root && X509_set_version(x509, X509_VERSION_3) && set_serial(x509) &&
                    set_validity(x509, now - clock_skew, now + root_validity) && X509_set_pubkey(x509, key);
  if (!made) return failed("a root certificate cannot be made");
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* serial = ASN1_STRING_get0_data(X509_get0_serialNumber(x509));
  // Two servers' roots must not look the same to a browser.
  const bool named = add(name, "O", "Watchrig") &&
                     add(name, "CN", "Watchrig root " + base::to_hex(serial, 4)) &&
                     X509_set_issuer_name(x509, name);
  const Extensions extensions{{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                              {NID_key_usage, "critical,keyCertSign,cRLSign"},
                              {NID_subject_key_identifier, "hash"}};
  if (!named || !add(x509, x509, extensions) || !X509_sign(x509, key, EVP_sha256()))
    return failed("a root certificate cannot be made");
  return root;
}

Result<X509Ptr> issue(const CertificateSubject& subject, EVP_PKEY* key, X509* root, EVP_PKEY* root_key,
                      base::UtcTime now, base::UtcTime end) {
  X509Ptr certificate(X509_new());
  X509* x509 = certificate.get();
  const bool made = certificate && X509_set_version(x509, X509_VERSION_3) && set_serial(x509) &&
                    set_validity(x509, now - clock_skew, end) && X509_set_pubkey(x509, key) &&
                    fill(X509_get_subject_name(x509), subject) &&
                    X509_set_issuer_name(x509, X509_get_subject_name(root));
  const Extensions extensions{{NID_basic_constraints, "critical,CA:FALSE"},
                              {NID_key_usage, "critical,digitalSignature"},
                              {NID_ext_key_usage, "serverAuth"},
                              {NID_subject_alt_name, alternative_name(subject)},
                              {NID_subject_key_identifier, "hash"},
                              {NID_authority_key_identifier, "keyid:always"}};
  if (!made || !add(x509, root, extensions) || !X509_sign(x509, root_key, EVP_sha256()))
    return failed("a certificate cannot be made");
  return certificate;
}

Result<RequestPtr> make_request(const CertificateSubject& subject, EVP_PKEY* key) {
  RequestPtr request(X509_REQ_new());
  STACK_OF(X509_EXTENSION)* wanted = sk_X509_EXTENSION_new_null();
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, nullptr, request.get(), nullptr, 0);
  auto address = extension(&context, NID_subject_alt_name, alternative_name(subject));
  bool made = request && wanted && address && sk_X509_EXTENSION_push(wanted, address.get()) > 0;
  if (made) (void)address.release();  // the stack owns it now
  made = made && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) &&
         X509_REQ_set_pubkey(request.get(), key) && fill(X509_REQ_get_subject_name(request.get()), subject) &&
         X509_REQ_add_extensions(request.get(), wanted) && X509_REQ_sign(request.get(), key, EVP_sha256());
  sk_X509_EXTENSION_pop_free(wanted, X509_EXTENSION_free);
  if (!made) return failed("a certificate request cannot be made");
  return request;
}

}  // namespace watchrig::central
