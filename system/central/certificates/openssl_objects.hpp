#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::central {

struct FreeOpenssl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using X509Ptr = std::unique_ptr<X509, FreeOpenssl>;
using RequestPtr = std::unique_ptr<X509_REQ, FreeOpenssl>;

/// PEM texts over this are refused without looking.
inline constexpr std::size_t most_pem_bytes = 64 * 1024;

/// Every certificate of a PEM text, at least one and at most 16. Errors: invalid.
base::Result<std::vector<X509Ptr>> read_certificates(const std::string& pem);
/// A private key in PEM, with the passphrase when it is encrypted. Errors: invalid (no key, the passphrase is
/// wrong, or weaker than 112 bits: NIST SP 800-57 part 1, 5.6.3).
base::Result<KeyPtr> read_key(const std::string& pem, const std::string& passphrase = {});
/// A request for a certificate. Errors: invalid.
base::Result<RequestPtr> read_request(const std::string& pem);
/// On the curve P-256.
base::Result<KeyPtr> make_key();

std::string to_pem(X509* certificate);
std::string to_pem(X509_REQ* request);
/// Not encrypted.
std::string to_pem(EVP_PKEY* key);

base::UtcTime to_utc(const ASN1_TIME* time);
/// Seconds of Unix time; for OpenSSL.
std::time_t to_unix(base::UtcTime time);

/// An error with the reason that OpenSSL gives last, whose errors are forgotten by this.
base::Error openssl_error(base::ErrorKind kind, std::string_view what);

}  // namespace watchrig::central
