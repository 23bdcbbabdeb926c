#pragma once

#include <memory>
#include <string>

#include "system/base/result.hpp"

namespace watchrig::http {

/// What a server shows to be itself by TLS: a certificate with its chain, and the key to it.
struct TlsIdentity;
using TlsIdentityPtr = std::shared_ptr<TlsIdentity>;

/// Both in PEM, the server's own certificate first. TLS 1.2 and later are spoken (BSI TR-02102-2, 3.2).
/// Errors: invalid (not PEM, too weak, or the key is of another certificate).
base::Result<TlsIdentityPtr> make_tls_identity(const std::string& chain, const std::string& key);

}  // namespace watchrig::http
