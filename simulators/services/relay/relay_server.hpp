#pragma once

#include <deque>
#include <map>
#include <mutex>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "simulators/services/service_device.hpp"
#include "system/base/bounded_queue.hpp"

namespace watchrig::services {

/// Reads `<relay-server id=… [port=… device-id="gate-1" keep-alive="5"]/>`; without a device id every server
/// may register.
base::Result<ServicePlan> plan_relay_server(const kernel::XmlFile& file, pugi::xml_node element);

/// A virtual relay (REGISTRATION_PROTOCOL.md of the server) on the loopback interface: a proxy server of
/// automatic registration, or one for P2P. What comes to its port and does not begin with `{` is a client,
/// whom it leads to the server that has registered last. Faults: reset; stall (says nothing); lie with
/// `refuse`, `garbage`, `too-long` (a message of 2 KiB in answer to a registration) or `many-tunnels` (asks
/// for two hundred that no client waits for). Its ledger: {"registrations":[what the newest hundred servers
/// have said],"alive","tunnels","closed"}.
class RelayServer final : public ServiceDevice, public std::enable_shared_from_this<RelayServer> {
 public:
  struct Spec {
    std::uint16_t port = 0;
    std::string device_id;
    int keep_alive = 5;
  };
  static constexpr std::size_t most_registrations = 100;
  static constexpr std::size_t most_connections = 256;

  RelayServer(std::string id, Spec spec, const base::Clock& clock, boost::asio::any_io_executor executor);

  std::string_view kind() const override { return "relay-server"; }
  base::Result<void> start() override;
  void stop() override;
  bool connected() const override { return false; }
  boost::json::object description() const override;
  boost::json::object status() const override;
  base::Result<std::string> ledger(const Query& query) const override;

 protected:
  void reset_connections() override;

 private:
  using Tcp = boost::asio::ip::tcp;
  using Socket = std::shared_ptr<Tcp::socket>;
  using Lines = std::shared_ptr<base::BoundedQueue<std::string>>;
  using Self = std::shared_ptr<RelayServer>;
  /// A client, with what it has sent, until the server comes for it.
  struct Waiting {
    Socket socket;
    std::string sent;
  };
  static boost::asio::awaitable<void> accept(Self self);
  static boost::asio::awaitable<void> serve(Self self, Socket socket);
  static boost::asio::awaitable<void> control(Self self, Socket socket, std::string input,
                                              boost::json::object registration);
  static boost::asio::awaitable<void> write(Socket socket, Lines lines);
  static boost::asio::awaitable<void> lead(Self self, Socket tunnel, std::string name);
  static boost::asio::awaitable<void> pump(Socket from, Socket to, std::string first);
  void take_client(Socket socket, std::string sent);
  std::string answer() const;
  void close_all();

  const Spec spec_;
  boost::asio::any_io_executor executor_;
  Tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  // On the executor.
  std::vector<std::weak_ptr<Tcp::socket>> sockets_;
  Lines present_;  ///< to the server that has registered last
  std::map<std::string, Waiting> waiting_;
  std::uint64_t named_ = 0;
  mutable std::mutex mutex_;
  std::deque<boost::json::object> registrations_;
  std::uint64_t alive_ = 0;
  std::uint64_t tunnels_ = 0;
  std::uint64_t closed_ = 0;
};

}  // namespace watchrig::services
