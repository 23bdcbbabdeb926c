#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "system/base/result.hpp"
#include "system/http/router.hpp"
#include "system/http/tls_identity.hpp"

namespace watchrig::http {

/// An HTTP/1.1 server with WebSockets, by plain TCP or by TLS. Each connection lives on one executor of those
/// that `executors` hands out. Limits hold for every peer: bytes of header and body, connections, and seconds
/// for a request to arrive.
class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one
    /// A client has one for each window of live video, at most 36, and some more; 128 clients may be signed
    /// in.
    std::size_t max_connections = 5120;
    /// So that one host (of IPv6: its network, see base::source_of) cannot take them all.
    std::size_t max_connections_per_source = 1024;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 1024 * 1024;
    std::size_t max_large_bodies = 64;  ///< over 64 KiB, at a time
    std::size_t max_large_bodies_per_source = 16;
    /// Whether one whom the gate has let in may send a large body; none: everybody. Any thread.
    std::function<bool(const Request&)> may_send_much;
    std::chrono::seconds request_deadline{30};       ///< real time
    std::size_t least_bytes_per_second = 16 * 1024;  ///< at which a long answer must be taken
    /// Whether a host may connect, asked before a byte is read; none: every host. Any thread.
    std::function<bool(const boost::asio::ip::address&)> admit;
    TlsIdentityPtr tls;  ///< HTTPS with this identity; none: plain HTTP
    /// Where RTSP through HTTP is led (a GET or POST with an x-sessioncookie); none: such requests are like
    /// any others. Any thread.
    std::function<boost::asio::ip::tcp::endpoint()> rtsp;
  };
  using Executors = std::function<boost::asio::any_io_executor()>;

  /// Listens and serves until stop() or destruction. The router must outlive the server and stay unchanged.
  static base::Result<std::unique_ptr<HttpServer>> start(const Options& options, const Router& router,
                                                         Executors executors);
  ~HttpServer();

  /// Serves a connection that did not come by the port, as from its peer; one of this very machine as from
  /// the unspecified address, since whoever it leads here is somewhere else. It ends with the next
  /// request, or within a second, when it is no longer `wanted`, which any thread may be asked. Any thread.
  void serve(boost::asio::ip::tcp::socket socket, std::function<bool()> wanted);

  std::uint16_t port() const;
  std::size_t connections() const;
  /// Who the server is to those that connect from now on, for one that was started with TLS. Any thread.
  void set_tls(TlsIdentityPtr identity);
  /// Stops listening and drops every connection; that of a request under way after its answer. The port is
  /// closed when this returns. Any thread.
  void stop();

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::http
