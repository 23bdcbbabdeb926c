#include "system/media/rtsp_tls.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <sys/socket.h>
#include <system_error>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "system/base/tls_trust.hpp"

namespace watchrig::media {
namespace {

constexpr std::size_t record = 16 * 1024;

bool only_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int socket_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

int send_some(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(socket_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && only_later()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_some(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const auto received = ::recv(socket_of(bio), into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (received < 0 && only_later()) BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

/// OpenSSL's own for sockets would raise SIGPIPE when the peer has gone.
const BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
    BIO_meth_set_write(made, send_some);
    BIO_meth_set_read(made, receive_some);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

}  // namespace

base::Result<TlsContext> trust_certificates(const std::string& pem) {
  const TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  int taken = 0;
  while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
    taken += X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
  if (taken == 0) return base::Error{base::ErrorKind::invalid, "no certificate in PEM to trust"};
  return context;
}

RtspTls::RtspTls(const TlsContext& context, int socket) : socket_(socket), ssl_(SSL_new(context.get())) {
  BIO* bio = ssl_ ? BIO_new(socket_method()) : nullptr;
  if (!bio) {
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, const_cast<int*>(&socket_));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_read_ahead(ssl_, 1);
  SSL_set_accept_state(ssl_);
}

RtspTls::RtspTls(const TlsContext& context, int socket, const std::string& host, base::UtcTime now)
    : RtspTls(context, socket) {
  SSL_set_connect_state(ssl_);
  SSL_set_verify(ssl_, SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
    SSL_set1_host(ssl_, host.c_str());
    SSL_set_tlsext_host_name(ssl_, host.c_str());
  }
  X509_VERIFY_PARAM_set_flags(wanted, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(
      wanted, std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::seconds>(now)));
  ERR_clear_error();
}

RtspTls::~RtspTls() { SSL_free(ssl_); }

RtspTls::Step RtspTls::step(int result) {
  if (result > 0) return {static_cast<std::size_t>(result)};
  const int kind = SSL_get_error(ssl_, result);
  if (kind == SSL_ERROR_WANT_READ) return {0, Step::Wait::readable};
  if (kind == SSL_ERROR_WANT_WRITE) return {0, Step::Wait::writable};
  Step over{0, Step::Wait::nothing, failure(kind)};
  ERR_clear_error();
  return over;
}

std::string RtspTls::failure(int kind) const {
  const auto verified = SSL_get_verify_result(ssl_);
  if (verified != X509_V_OK) return base::certificate_refusal(verified);
  const auto code = ERR_peek_error();
  if (kind == SSL_ERROR_ZERO_RETURN || (code == 0 && errno == 0)) return "the peer has closed the connection";
  if (code == 0) return "connection lost: " + std::generic_category().message(errno);
  const char* reason = ERR_reason_error_string(code);
  return std::string("TLS failed: ") + (reason ? reason : "unknown reason");
}

RtspTls::Step RtspTls::read(std::span<std::uint8_t> into) {
  // The queue of errors is the thread's, and others may have left some.
  ERR_clear_error();
  errno = 0;
  return step(SSL_read(ssl_, into.data(), static_cast<int>(std::min(into.size(), record))));
}

RtspTls::Step RtspTls::write(std::span<const iovec> pieces) {
  const void* from = pieces[0].iov_base;
  std::size_t size = std::min(pieces[0].iov_len, record);
  // Each record costs as much as a system call: small pieces share one.
  if (size < record && pieces.size() > 1) {
    if (!retry_) {
      gathered_.resize(record);
      size = 0;
      for (const auto& piece : pieces) {
        const std::size_t part = std::min(piece.iov_len, record - size);
        std::memcpy(&gathered_[size], piece.iov_base, part);
        size += part;
        if (size == record) break;
      }
      gathered_.resize(size);
    }
    from = gathered_.data();
    size = gathered_.size();
  }
  ERR_clear_error();
  errno = 0;
  auto done = step(SSL_write(ssl_, from, static_cast<int>(size)));
  retry_ = done.wait != Step::Wait::nothing;
  return done;
}

bool RtspTls::shaking_hands() const { return !SSL_is_init_finished(ssl_); }

void RtspTls::say_goodbye() {
  if (retry_ || shaking_hands()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

}  // namespace watchrig::media
