#pragma once

#include <memory>
#include <span>
#include <string>
#include <sys/uio.h>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace watchrig::media {

/// An OpenSSL context (SSL_CTX): a server's with its certificate, or a client's with whom it trusts.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

/// For clients: trusts these certificates in PEM, and what they have issued. Errors: invalid (no
/// certificate).
base::Result<TlsContext> trust_certificates(const std::string& pem);

/// TLS on a socket that never blocks. Nothing here waits: what cannot go on yet says for what the caller has
/// to wait, and is then called again with the same bytes. The handshake is a part of the first calls.
class RtspTls {
 public:
  struct Step {
    enum class Wait { nothing, readable, writable };
    std::size_t bytes = 0;  ///< that were read or written, when there is nothing to wait for
    Wait wait = Wait::nothing;
    std::string failure = {};  ///< why the connection is at its end; empty: it is not
  };

  /// As the server. The socket outlives it.
  RtspTls(const TlsContext& context, int socket);
  /// As a client. The server must show a certificate of `host`, a name or an address, that the context trusts
  /// and that is valid at `now`; else the connection fails.
  RtspTls(const TlsContext& context, int socket, const std::string& host, base::UtcTime now);
  ~RtspTls();
  RtspTls(const RtspTls&) = delete;
  RtspTls& operator=(const RtspTls&) = delete;

  Step read(std::span<std::uint8_t> into);
  /// At most one record (RFC 8446, 5.1): a part of the first piece, or several small ones together.
  Step write(std::span<const iovec> pieces);
  bool shaking_hands() const;
  /// Tells the peer that nothing more follows, so that nobody else can cut the stream unnoticed.
  void say_goodbye();

 private:
  Step step(int result);
  std::string failure(int kind) const;

  const int socket_;
  ssl_st* ssl_;
  base::Bytes gathered_;  ///< small pieces; as they were until their record has left
  bool retry_ = false;
};

}  // namespace watchrig::media
