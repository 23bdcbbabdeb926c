#include "simulators/services/smtp/throwaway_identity.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace watchrig::services {

namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* thing) const {
    free_function(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

constexpr long validity_s = 30L * 24 * 3600;

bool fill(X509* certificate, EVP_PKEY* key) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* host = reinterpret_cast<const unsigned char*>("127.0.0.1");
  return X509_set_version(certificate, X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), validity_s) &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

base::Result<std::shared_ptr<boost::asio::ssl::context>> throwaway_identity() {
  using Context = boost::asio::ssl::context;
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  auto context = std::make_shared<Context>(Context::tls_server);
  const bool made = key && certificate && fill(certificate.get(), key.get()) &&
                    SSL_CTX_use_certificate(context->native_handle(), certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context->native_handle(), key.get()) == 1;
  if (made) return context;
  return base::Error{base::ErrorKind::io, "OpenSSL makes no certificate"};
}

}  // namespace watchrig::services
