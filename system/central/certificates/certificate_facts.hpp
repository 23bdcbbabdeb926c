#pragma once

#include <string>
#include <vector>

#include "system/central/certificates/openssl_objects.hpp"

namespace watchrig::central {

/// What a certificate says, for people.
struct CertificateFacts {
  std::string serial;   ///< hexadecimal
  std::string subject;  ///< "C=CN, O=Example, CN=192.0.2.7" (RFC 2253 in the order of the certificate)
  std::string issuer;
  base::UtcTime not_before;
  base::UtcTime not_after;
  std::vector<std::string> addresses;  ///< subjectAltName: domains and addresses
  std::string fingerprint;             ///< SHA-256, hexadecimal
};

CertificateFacts facts_of(X509* certificate);
std::string name_text(const X509_NAME* name);

/// The addresses and the host name of this machine, without those of IPv6 links.
std::vector<std::string> own_addresses();

enum class AddressState {
  matches,
  differs,  ///< none of them is this machine's any more: clients refuse the certificate
  unknown,  ///< a domain: only a name service could tell
};
AddressState address_state(const std::vector<std::string>& certified, const std::vector<std::string>& own);
std::string_view to_string(AddressState state);

}  // namespace watchrig::central
