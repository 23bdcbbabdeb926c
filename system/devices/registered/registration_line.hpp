#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "system/base/bounded_queue.hpp"
#include "system/base/clock.hpp"
#include "system/protocols/registration/registration_message.hpp"

namespace watchrig::devices {

/// A control connection of REGISTRATION_PROTOCOL.md: lines both ways. On its executor; close() ends
/// everything that waits.
class RegistrationLine : public std::enable_shared_from_this<RegistrationLine> {
 public:
  using Tcp = boost::asio::ip::tcp;
  static constexpr std::size_t most_unsent = 32;

  explicit RegistrationLine(const boost::asio::any_io_executor& executor)
      : socket_(executor), outgoing_(executor, {most_unsent}, base::Overflow::refuse), pause_(executor) {}

  /// One that a peer has made.
  explicit RegistrationLine(Tcp::socket socket);
  /// Sends what is queued from now on.
  void begin();
  /// The connection, of which one line was read and begin() not called. Error corrupt: there was more.
  base::Result<Tcp::socket> release();

  /// With begin(). Errors: unavailable.
  boost::asio::awaitable<base::Result<void>> connect(const std::vector<Tcp::endpoint>& endpoints);
  /// Errors: corrupt (a line that is too long, or no message), unavailable (the peer has closed).
  boost::asio::awaitable<base::Result<protocols::RegistrationMessage>> read();
  /// Queues a message. A peer that takes none of so many has no use for the connection, which ends then.
  void send(const boost::json::object& message);
  /// Sends a sign of life after each pause, until close().
  void keep_alive(std::chrono::seconds pause);
  /// Closes once everything is sent, if the peer takes it.
  void finish() { outgoing_.close(); }
  void close();

  Tcp::endpoint peer() const { return peer_; }
  boost::asio::ip::address own() const { return own_; }

 private:
  static boost::asio::awaitable<void> write(std::shared_ptr<RegistrationLine> self);
  static boost::asio::awaitable<void> stay_alive(std::shared_ptr<RegistrationLine> self,
                                                 std::chrono::seconds pause);

  Tcp::socket socket_;
  Tcp::endpoint peer_;
  boost::asio::ip::address own_;
  std::string input_;
  base::BoundedQueue<std::string> outgoing_;
  boost::asio::steady_timer pause_;
  bool closed_ = false;
};

}  // namespace watchrig::devices
