#pragma once

#include <deque>
#include <mutex>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "simulators/services/service_device.hpp"

namespace watchrig::services {

/// Reads `<log-server id=… [port=…]/>`.
base::Result<ServicePlan> plan_log_server(const kernel::XmlFile& file, pugi::xml_node element);

/// A virtual log server (RFC 5424) on the loopback interface, at the same port by UDP (RFC 5426) and by TCP
/// with octet counting (RFC 6587, 3.4.1). Fault: reset. Its ledger: {"entries":[{"protocol","text"}…]}, the
/// newest thousand, oldest first.
class LogServer final : public ServiceDevice, public std::enable_shared_from_this<LogServer> {
 public:
  static constexpr std::size_t most_entries = 1000;

  LogServer(std::string id, std::uint16_t port, const base::Clock& clock,
            boost::asio::any_io_executor executor);

  std::string_view kind() const override { return "log-server"; }
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
  using Udp = boost::asio::ip::udp;
  struct Entry {
    std::string protocol;
    std::string text;
  };
  static boost::asio::awaitable<void> receive(std::shared_ptr<LogServer> self);
  static boost::asio::awaitable<void> accept(std::shared_ptr<LogServer> self);
  static boost::asio::awaitable<void> serve(std::shared_ptr<LogServer> self,
                                            std::shared_ptr<Tcp::socket> socket);
  boost::system::error_code open();
  void keep(std::string protocol, std::string text);
  void close_all();

  std::uint16_t port_;
  boost::asio::any_io_executor executor_;
  Udp::socket datagrams_;
  Tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<Tcp::socket>> sockets_;  ///< on the executor
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
};

}  // namespace watchrig::services
