#include "system/base/tls_trust.hpp"

#include <openssl/x509_vfy.h>

namespace watchrig::base {

std::string certificate_refusal(long verified) {
  if (verified == X509_V_ERR_APPLICATION_VERIFICATION)
    return "its certificate has changed; accept the new one if the device was given it on purpose";
  return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(verified);
}

}  // namespace watchrig::base
