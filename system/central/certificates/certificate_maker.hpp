#pragma once

#include <string>

#include "system/central/certificates/openssl_objects.hpp"
#include "system/central/field_error.hpp"

namespace watchrig::central {

/// Whom a certificate is for (IVSS 8.6.1.1.1). Country and address are obligatory.
struct CertificateSubject {
  std::string country;  ///< two capital letters (ISO 3166)
  std::string address;  ///< IPv4, IPv6 or a domain
  std::string province{};
  std::string city{};
  std::string organisation{};
  std::string unit{};
};

inline constexpr int most_valid_days = 3650;

FieldResult<void> check_subject(const CertificateSubject& subject);

/// A root of one's own for thirty years from now on, which it has signed itself.
base::Result<X509Ptr> make_root(EVP_PKEY* key, base::UtcTime now);
/// A certificate for a server, from now on. Clients' clocks may be a day behind.
base::Result<X509Ptr> issue(const CertificateSubject& subject, EVP_PKEY* key, X509* root, EVP_PKEY* root_key,
                            base::UtcTime now, base::UtcTime end);
/// For an authority that shall issue the certificate (PKCS#10, RFC 2986).
base::Result<RequestPtr> make_request(const CertificateSubject& subject, EVP_PKEY* key);

}  // namespace watchrig::central
