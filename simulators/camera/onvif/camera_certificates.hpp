#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/http/tls_identity.hpp"

namespace watchrig::camera {

/// How the certificate is that a camera makes itself. All but the first are signed by the rig's authority, so
/// that nothing else is wrong with them.
enum class CertificateManner : std::uint8_t { self_signed, issued, expired, wrong_name };
inline constexpr std::string_view certificate_manners = "self-signed, issued, expired and wrong-name";
std::optional<CertificateManner> certificate_manner(std::string_view name);

/// Certificates of one camera with their keys, one of which HTTPS and RTSP over TLS show (ONVIF Core, device
/// service). Any thread.
class CameraCertificates {
 public:
  static constexpr std::size_t most = 16;
  struct Listed {
    std::string id;
    base::Bytes der;
    bool used = false;
  };
  struct Validity {
    base::UtcTime from, until;
  };

  /// With a first certificate for the address, named "first".
  CameraCertificates(std::string address, CertificateManner manner, base::UtcTime now);

  std::vector<Listed> list() const;
  /// Signed by itself; an empty id is made up, an empty subject is the address. Errors: conflict (the id is
  /// taken), full, invalid (the subject is no name like CN=gate,O=Example).
  base::Result<Listed> create(std::string id, const std::string& subject, const Validity& validity);
  /// A request (PKCS#10) for the key of a certificate, in DER. Errors: not_found, invalid (subject).
  base::Result<base::Bytes> request(const std::string& id, const std::string& subject) const;
  /// Takes a certificate in DER for a key that is there. Errors: invalid (no certificate), denied (there is
  /// no such key), conflict (the id is of another key), full.
  base::Result<> load(std::string id, base::ByteView der);
  /// Errors: not_found, conflict (it is used).
  base::Result<> remove(const std::string& id);
  /// Which one is shown from now on. Errors: not_found.
  base::Result<> use(const std::string& id);
  /// Shows a new one of that manner, in place of the one that was made so before.
  void renew(CertificateManner manner, base::UtcTime now);

  /// Of the one that is used.
  http::TlsIdentityPtr identity() const;
  /// SHA-256 of it, hexadecimal.
  std::string fingerprint() const;
  /// Whom to trust to believe the issued ones, in PEM; the same for all cameras of the process.
  static std::string authority();

 private:
  struct Entry {
    std::string id;
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> certificate;
  };
  const Entry* find(std::string_view id) const;
  Listed describe(const Entry& entry) const;

  const std::string address_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  std::string used_;
  unsigned made_ = 0;  ///< ids so far
};

}  // namespace watchrig::camera
