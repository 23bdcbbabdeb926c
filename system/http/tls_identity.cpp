#include "system/http/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "system/http/tls_context.hpp"

namespace watchrig::http {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

base::Result<TlsIdentityPtr> make_tls_identity(const std::string& chain, const std::string& key) {
  auto identity = std::make_shared<TlsIdentity>(TlsIdentity{ssl::context(ssl::context::tls_server)});
  SSL_CTX* native = identity->context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  error_code failure;
  identity->context.use_certificate_chain(boost::asio::buffer(chain), failure);
  if (failure) return base::Error{base::ErrorKind::invalid, "certificate: " + failure.message()};
  identity->context.use_private_key(boost::asio::buffer(key), ssl::context::pem, failure);
  if (failure) return base::Error{base::ErrorKind::invalid, "private key: " + failure.message()};
  if (SSL_CTX_check_private_key(native) != 1) {
    ERR_clear_error();
    return base::Error{base::ErrorKind::invalid, "the private key is of another certificate"};
  }
  return identity;
}

}  // namespace watchrig::http
