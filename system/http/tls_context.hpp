#pragma once

#include <boost/asio/ssl/context.hpp>

#include "system/http/tls_identity.hpp"

namespace watchrig::http {

struct TlsIdentity {
  boost::asio::ssl::context context;
};

}  // namespace watchrig::http
