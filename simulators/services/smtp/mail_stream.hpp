#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace watchrig::services {

/// The lines of one mail connection, in the clear or by TLS. On its executor; close() ends what waits.
class MailStream {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Error = boost::system::error_code;

  explicit MailStream(Tcp::socket socket) : socket_(std::move(socket)) {}

  /// Goes on by TLS, as the server of that identity. What was sent before is not believed behind it (RFC
  /// 3207, 4.2).
  boost::asio::awaitable<Error> accept_tls(boost::asio::ssl::context& identity);
  boost::asio::awaitable<Error> write(std::string text);
  /// The next line without its end, of at most 4096 bytes.
  boost::asio::awaitable<Error> read_line(std::string& line);
  /// With `reset` the client is told by a reset.
  void close(bool reset = false);

 private:
  Tcp::socket socket_;
  std::unique_ptr<boost::asio::ssl::stream<Tcp::socket&>> tls_;
  std::string input_;
};

}  // namespace watchrig::services
