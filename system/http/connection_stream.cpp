#include "system/http/connection_stream.hpp"

#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/x509v3.h>

#include "system/base/tls_trust.hpp"
#include "system/http/failure_kind.hpp"
#include "system/http/tls_context.hpp"

namespace watchrig::http {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds last_word{1};
constexpr std::size_t record = 16 * 1024;  // of TLS, RFC 8446, 5.1

/// The one handler type for which sockets and TLS are compiled.
struct Finish {
  ConnectionStream::CompletionPtr done;
  void operator()(error_code error, std::size_t bytes) { std::exchange(done, nullptr)->call(error, bytes); }
};

}  // namespace

struct ConnectionStream::Tls {
  Tls(boost::beast::tcp_stream& tcp, TlsIdentityPtr who)
      : identity(std::move(who)), stream(tcp, identity->context) {}

  const TlsIdentityPtr
      identity;  ///< outlives the handshake's context, also when the server has taken another one
  ssl::stream<boost::beast::tcp_stream&> stream;
  std::vector<char> gathered;  ///< small parts that leave in one record
};

ConnectionStream::ConnectionStream(asio::ip::tcp::socket socket) : tcp_(std::move(socket)) {}

ConnectionStream::~ConnectionStream() = default;

asio::awaitable<error_code> ConnectionStream::accept_tls(TlsIdentityPtr identity,
                                                         std::chrono::milliseconds deadline) {
  tls_ = std::make_unique<Tls>(tcp_, std::move(identity));
  tcp_.expires_after(deadline);
  error_code failure;
  co_await tls_->stream.async_handshake(ssl::stream_base::server,
                                        asio::redirect_error(asio::use_awaitable, failure));
  co_return failure;
}

asio::awaitable<error_code> ConnectionStream::connect_tls(std::string trusted, std::string host) {
  auto context = std::make_shared<TlsIdentity>(TlsIdentity{ssl::context(ssl::context::tls_client)});
  error_code failure;
  context->context.add_certificate_authority(asio::buffer(trusted), failure);
  if (failure) co_return failure;
  tls_ = std::make_unique<Tls>(tcp_, std::move(context));
  auto& stream = tls_->stream;
  X509_VERIFY_PARAM_set_flags(SSL_get0_param(stream.native_handle()),
                              X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback(ssl::host_name_verification(host));
  co_await stream.async_handshake(ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, failure));
  co_return failure;
}

asio::awaitable<base::Result<>> ConnectionStream::connect_tls(std::shared_ptr<ssl_ctx_st> context,
                                                              std::string host) {
  SSL_CTX_up_ref(context.get());
  tls_ = std::make_unique<Tls>(tcp_, std::make_shared<TlsIdentity>(TlsIdentity{ssl::context(context.get())}));
  auto& stream = tls_->stream;
  SSL* native = stream.native_handle();
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), host.c_str()) != 1) {
    SSL_set1_host(native, host.c_str());
    SSL_set_tlsext_host_name(native, host.c_str());
  }
  stream.set_verify_mode(ssl::verify_peer);
  error_code failure;
  co_await stream.async_handshake(ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, failure));
  if (!failure) co_return base::Result<>{};
  const auto verified = SSL_get_verify_result(native);
  if (verified != X509_V_OK)
    co_return base::Error{base::ErrorKind::conflict, base::certificate_refusal(verified)};
  co_return base::Error{failure_kind(failure), "TLS failed: " + failure.message()};
}

asio::awaitable<void> ConnectionStream::discard(std::size_t most) {
  error_code ended;
  tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ended);
  std::vector<char> discarded(record);
  for (std::size_t total = 0; !ended && total < most;) {
    total += co_await tcp_.async_read_some(asio::buffer(discarded),
                                           asio::redirect_error(asio::use_awaitable, ended));
  }
}

asio::awaitable<void> ConnectionStream::finish(std::chrono::milliseconds deadline,
                                               std::size_t most_discarded) {
  tcp_.expires_after(deadline);
  if (tls_) {
    error_code ignored;
    co_await tls_->stream.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (most_discarded > 0) co_await discard(most_discarded);
  tcp_.close();
}

void ConnectionStream::start_read(asio::mutable_buffer buffer, CompletionPtr done) {
  if (tls_) {
    tls_->stream.async_read_some(buffer, Finish{std::move(done)});
  } else {
    tcp_.async_read_some(buffer, Finish{std::move(done)});
  }
}

void ConnectionStream::start_write(const WriteBuffers& buffers, CompletionPtr done) {
  if (!tls_) {
    tcp_.async_write_some(buffers, Finish{std::move(done)});
    return;
  }
  // TLS sends the first part only, so that a header and its body would be two records.
  asio::const_buffer first = buffers.count == 0 ? asio::const_buffer() : buffers.items[0];
  if (buffers.count > 1 && first.size() < record) {
    auto& gathered = tls_->gathered;
    gathered.resize(record);
    gathered.resize(asio::buffer_copy(asio::buffer(gathered), buffers));
    first = asio::buffer(gathered);
  }
  tls_->stream.async_write_some(first, Finish{std::move(done)});
}

void ConnectionStream::start_teardown(boost::beast::role_type, CompletionPtr done) {
  // The closing frames of both sides have passed: nothing is lost by not waiting long for the peer's last
  // word.
  if (tls_) {
    tcp_.expires_after(last_word);
    tls_->stream.async_shutdown([this, finish = Finish{std::move(done)}](error_code) mutable {
      tcp_.close();
      finish({}, 0);
    });
    return;
  }
  error_code ignored;
  tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  tcp_.close();
  asio::post(tcp_.get_executor(), [finish = Finish{std::move(done)}]() mutable { finish({}, 0); });
}

}  // namespace watchrig::http
