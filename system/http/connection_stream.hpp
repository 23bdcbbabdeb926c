#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "system/http/tls_identity.hpp"

struct ssl_ctx_st;

namespace watchrig::http {

/// The bytes of one connection, by plain TCP or by TLS, as one type that Beast reads and writes: what Beast
/// makes of it is compiled once. One read and one write at a time, on the connection's executor.
class ConnectionStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using Error = boost::system::error_code;

  explicit ConnectionStream(boost::asio::ip::tcp::socket socket);
  ~ConnectionStream();
  ConnectionStream(const ConnectionStream&) = delete;
  ConnectionStream& operator=(const ConnectionStream&) = delete;

  /// Turns the connection into TLS, as the server with this identity. Within the deadline.
  boost::asio::awaitable<Error> accept_tls(TlsIdentityPtr identity, std::chrono::milliseconds deadline);
  /// Turns the connection into TLS, as a client of `host` that trusts the certificates in PEM and what they
  /// have issued. Dates are not checked: they are in the server's model time. Ends with next_layer()'s
  /// expiry.
  boost::asio::awaitable<Error> connect_tls(std::string trusted, std::string host);
  /// Turns the connection into TLS, as a client of `host` whose certificate the context (SSL_CTX) judges.
  /// Ends with next_layer()'s expiry. Errors: conflict (the certificate is refused, and why), and those of
  /// failure_kind.
  boost::asio::awaitable<base::Result<>> connect_tls(std::shared_ptr<ssl_ctx_st> context, std::string host);
  /// Says goodbye, as far as the peer takes it within the deadline, and closes. Before that it discards up to
  /// `most_discarded` bytes that the peer still sends: a socket closed on unread bytes resets the connection,
  /// and the peer loses the answer on its way (RFC 9112, 9.6).
  boost::asio::awaitable<void> finish(std::chrono::milliseconds deadline, std::size_t most_discarded = 0);

  executor_type get_executor() { return tcp_.get_executor(); }
  boost::beast::tcp_stream& next_layer() { return tcp_; }
  const boost::beast::tcp_stream& next_layer() const { return tcp_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Transferred>(
        [this](auto handler, const Buffers& into) {
          boost::asio::mutable_buffer first;
          for (auto it = boost::asio::buffer_sequence_begin(into);
               it != boost::asio::buffer_sequence_end(into) && first.size() == 0; ++it) {
            first = *it;
          }
          start_read(first, completion(std::move(handler)));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Transferred>(
        [this](auto handler, const Buffers& from) {
          WriteBuffers list;
          for (auto it = boost::asio::buffer_sequence_begin(from);
               it != boost::asio::buffer_sequence_end(from) && list.count < list.items.size(); ++it) {
            list.items[list.count++] = *it;
          }
          start_write(list, completion(std::move(handler)));
        },
        token, buffers);
  }

  /// What is to be called when an operation is done, of whatever type.
  struct Completion {
    virtual ~Completion() = default;
    virtual void call(Error error, std::size_t bytes) = 0;
  };
  using CompletionPtr = std::unique_ptr<Completion>;

  /// The end of a WebSocket, for Beast.
  void start_teardown(boost::beast::role_type role, CompletionPtr done);

  template <class Handler>
  static CompletionPtr completion(Handler handler) {
    struct Typed final : Completion {
      explicit Typed(Handler h) : handler(std::move(h)) {}
      void call(Error error, std::size_t bytes) override { handler(error, bytes); }
      Handler handler;
    };
    return std::make_unique<Typed>(std::move(handler));
  }

 private:
  using Transferred = void(Error, std::size_t);
  struct WriteBuffers {
    std::array<boost::asio::const_buffer, 8> items;
    std::size_t count = 0;
    auto begin() const { return items.begin(); }
    auto end() const { return items.begin() + static_cast<std::ptrdiff_t>(count); }
  };
  struct Tls;

  boost::asio::awaitable<void> discard(std::size_t most);
  void start_read(boost::asio::mutable_buffer buffer, CompletionPtr done);
  void start_write(const WriteBuffers& buffers, CompletionPtr done);

  boost::beast::tcp_stream tcp_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace watchrig::http
