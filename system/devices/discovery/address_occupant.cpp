#include "system/devices/discovery/address_occupant.hpp"

#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include "system/base/timer.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto patience = std::chrono::milliseconds(500);
constexpr std::uint16_t usual_ports[] = {80, 443, 554, 37777};

/// Connections to several ports at a time; the first answer ends the wait.
struct Round : std::enable_shared_from_this<Round> {
  Round(const asio::any_io_executor& on, std::uint32_t host) : address(host), executor(on), done(on, clock) {}

  void connect(std::uint16_t port) {
    auto& socket = sockets.emplace_back(executor);
    ++open;
    socket.async_connect({address, port},
                         [self = shared_from_this(), port](const boost::system::error_code& error) {
                           self->connected(error, port);
                         });
  }
  void connected(const boost::system::error_code& error, std::uint16_t port) {
    const bool there = !error || (error == asio::error::connection_refused && !address.is_loopback());
    if (there && !found) found = port;
    if (--open == 0 || found) done.cancel();
  }

  const base::Clock clock;
  const asio::ip::address_v4 address;
  const asio::any_io_executor executor;
  base::Timer done;
  std::vector<tcp::socket> sockets;
  std::size_t open = 0;
  std::optional<std::uint16_t> found;
};

}  // namespace

asio::awaitable<std::optional<std::uint16_t>> find_occupant(std::uint32_t address,
                                                            std::vector<std::uint16_t> ports) {
  const auto executor = co_await asio::this_coro::executor;
  ports.insert(ports.end(), std::begin(usual_ports), std::end(usual_ports));
  const auto round = std::make_shared<Round>(executor, address);
  round->sockets.reserve(ports.size());
  for (const auto port : ports) round->connect(port);
  co_await round->done.wait_for(patience);
  const auto found = round->found;
  boost::system::error_code ignored;
  for (auto& socket : round->sockets) socket.close(ignored);
  co_return found;
}

}  // namespace watchrig::devices
