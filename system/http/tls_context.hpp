#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "system/http/tls_identity.hpp"

namespace watchrig::http {

struct TlsIdentity {
  boost::asio::ssl::context context;
};

/// As OpenSSL has it, for what is no HTTP.
inline std::shared_ptr<SSL_CTX> native_context(const TlsIdentityPtr& identity) {
  return {identity, identity->context.native_handle()};
}

}  // namespace watchrig::http
