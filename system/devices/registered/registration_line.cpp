#include "system/devices/registered/registration_line.hpp"

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using boost::system::error_code;
using protocols::RegistrationMessage;

RegistrationLine::RegistrationLine(Tcp::socket socket)
    : socket_(std::move(socket)),
      outgoing_(socket_.get_executor(), {most_unsent}, base::Overflow::refuse),
      pause_(socket_.get_executor()) {
  error_code ignored;
  peer_ = socket_.remote_endpoint(ignored);
  own_ = socket_.local_endpoint(ignored).address();
}

void RegistrationLine::begin() {
  error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  base::spawn(socket_.get_executor(), write(shared_from_this()), "messages of a registration");
}

asio::awaitable<Result<void>> RegistrationLine::connect(const std::vector<Tcp::endpoint>& endpoints) {
  error_code failure = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    error_code ignored;
    if (closed_) break;
    socket_.close(ignored);
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, failure));
    if (!failure) break;
  }
  if (!failure) peer_ = socket_.remote_endpoint(failure);
  if (!failure) own_ = socket_.local_endpoint(failure).address();
  if (failure) {
    co_return Error{ErrorKind::unavailable,
                    fmt::format("no connection ({}); check address, port and network", failure.message())};
  }
  begin();
  co_return Result<void>();
}

asio::awaitable<Result<RegistrationMessage>> RegistrationLine::read() {
  error_code failure;
  const std::size_t size =
      co_await asio::async_read_until(socket_, asio::dynamic_buffer(input_, RegistrationMessage::longest),
                                      '\n', asio::redirect_error(asio::use_awaitable, failure));
  if (failure == asio::error::not_found) {
    co_return Error{ErrorKind::corrupt,
                    fmt::format("it sends a message of more than {} bytes", RegistrationMessage::longest)};
  }
  if (failure) co_return Error{ErrorKind::unavailable, "it has closed the connection"};
  auto message = RegistrationMessage::parse(std::string_view(input_).substr(0, size - 1));
  input_.erase(0, size);
  co_return message;
}

void RegistrationLine::send(const boost::json::object& message) {
  if (!outgoing_.push(protocols::registration_line(message))) close();
}

void RegistrationLine::keep_alive(std::chrono::seconds pause) {
  base::spawn(socket_.get_executor(), stay_alive(shared_from_this(), pause),
              "signs of life of a registration");
}

void RegistrationLine::close() {
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  outgoing_.close();
  pause_.cancel();
}

Result<RegistrationLine::Tcp::socket> RegistrationLine::release() {
  if (!input_.empty()) return Error{ErrorKind::corrupt, "it speaks before it was asked"};
  return std::move(socket_);
}

asio::awaitable<void> RegistrationLine::write(std::shared_ptr<RegistrationLine> self) {
  for (;;) {
    const auto line = co_await self->outgoing_.pop();
    if (!line) co_return self->close();
    error_code failure;
    co_await asio::async_write(self->socket_, asio::buffer(*line),
                               asio::redirect_error(asio::use_awaitable, failure));
    if (failure) co_return self->close();
  }
}

asio::awaitable<void> RegistrationLine::stay_alive(std::shared_ptr<RegistrationLine> self,
                                                   std::chrono::seconds pause) {
  while (!self->closed_) {
    error_code ignored;
    self->pause_.expires_after(pause);
    co_await self->pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!self->closed_) self->send({{"type", "alive"}});
  }
}

}  // namespace watchrig::devices
