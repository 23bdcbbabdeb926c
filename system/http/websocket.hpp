#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "system/base/byte_order.hpp"

namespace watchrig::http {

/// One end of a WebSocket (RFC 6455). Lives on the executor that it was accepted on; one send and one receive
/// may be under way at a time. A peer that takes no byte for 30 s is disconnected. Copies share the socket.
class WebSocket {
 public:
  struct State;
  explicit WebSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

  /// False once the connection is gone.
  boost::asio::awaitable<bool> send_text(std::string_view text);
  boost::asio::awaitable<bool> send_binary(base::ByteView bytes);
  /// The next message, or nothing once the connection is gone. Messages over 64 KiB close it.
  boost::asio::awaitable<std::optional<std::string>> receive();
  bool is_open() const;
  /// Ends the connection; a send or receive under way returns.
  void close();
  boost::asio::any_io_executor executor() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace watchrig::http
