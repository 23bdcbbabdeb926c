#include "simulators/services/smtp/mail_stream.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace watchrig::services {

namespace {

namespace asio = boost::asio;

constexpr std::size_t longest_line = 4096;

}  // namespace

asio::awaitable<MailStream::Error> MailStream::accept_tls(asio::ssl::context& identity) {
  input_.clear();
  tls_ = std::make_unique<asio::ssl::stream<Tcp::socket&>>(socket_, identity);
  Error error;
  co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                 asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

asio::awaitable<MailStream::Error> MailStream::write(std::string text) {
  Error error;
  const auto token = [&] { return asio::redirect_error(asio::use_awaitable, error); };
  if (tls_)
    co_await asio::async_write(*tls_, asio::buffer(text), token());
  else
    co_await asio::async_write(socket_, asio::buffer(text), token());
  co_return error;
}

asio::awaitable<MailStream::Error> MailStream::read_line(std::string& line) {
  Error error;
  std::size_t size = 0;
  const auto token = [&] { return asio::redirect_error(asio::use_awaitable, error); };
  auto buffer = asio::dynamic_buffer(input_, longest_line);
  if (tls_)
    size = co_await asio::async_read_until(*tls_, buffer, "\r\n", token());
  else
    size = co_await asio::async_read_until(socket_, buffer, "\r\n", token());
  if (error) co_return error;
  line = input_.substr(0, size - 2);
  input_.erase(0, size);
  co_return error;
}

void MailStream::close(bool reset) {
  Error ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace watchrig::services
