#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "system/media/rtsp_tls.hpp"

namespace watchrig::media::testing {

/// A server's context with a certificate of its own making for 127.0.0.1, and that certificate in PEM.
struct TlsSample {
  TlsContext context;
  std::string certificate;
};

inline TlsSample make_tls_sample(long valid_seconds = 24L * 3600) {
  constexpr long hour = 3600;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  X509_set_version(x509.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), -hour);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), valid_seconds);
  X509_set_pubkey(x509.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(x509.get());
  const auto* name = reinterpret_cast<const unsigned char*>("sample");
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0);
  X509_set_issuer_name(x509.get(), subject);
  X509_EXTENSION* address = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(x509.get(), address, -1);
  X509_EXTENSION_free(address);
  X509_sign(x509.get(), key.get(), EVP_sha256());

  TlsSample sample{TlsContext(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), {}};
  SSL_CTX_use_certificate(sample.context.get(), x509.get());
  SSL_CTX_use_PrivateKey(sample.context.get(), key.get());
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(memory.get(), x509.get());
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  sample.certificate.assign(text, static_cast<std::size_t>(size));
  return sample;
}

}  // namespace watchrig::media::testing
