#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "simulators/services/service_device.hpp"
#include "simulators/services/smtp/mail_server_spec.hpp"
#include "simulators/services/smtp/mail_stream.hpp"
#include "simulators/services/smtp/received_mail.hpp"

namespace watchrig::services {

/// Reads what parse_mail_server() does.
base::Result<ServicePlan> plan_mail_server(const kernel::XmlFile& file, pugi::xml_node element);

/// A virtual mail server on the loopback interface. Faults: stall, reset, lie (refuse-login,
/// refuse-receivers). The ledger's query takes `to`. By TLS it shows a certificate that nobody has reason to
/// trust.
class MailServer final : public ServiceDevice, public std::enable_shared_from_this<MailServer> {
 public:
  static constexpr std::size_t most_connections = 64;

  /// Everything runs on `executor`, which serves one thing at a time.
  MailServer(MailServerSpec spec, const base::Clock& clock, boost::asio::any_io_executor executor);

  std::string_view kind() const override { return "mail-server"; }
  base::Result<void> start() override;
  void stop() override;
  bool connected() const override { return connections_ != 0; }
  boost::json::object description() const override;
  boost::json::object status() const override;
  base::Result<std::string> ledger(const Query& query) const override;

 private:
  using Tcp = boost::asio::ip::tcp;
  using StreamPtr = std::shared_ptr<MailStream>;
  static boost::asio::awaitable<void> accept(std::shared_ptr<MailServer> self);
  static boost::asio::awaitable<void> serve(std::shared_ptr<MailServer> self, StreamPtr stream);
  void close_all(bool reset);
  void reset_connections() override;

  const MailServerSpec spec_;
  boost::asio::any_io_executor executor_;
  MailLedger ledger_;
  Tcp::acceptor acceptor_;
  std::shared_ptr<boost::asio::ssl::context> identity_;  ///< null without encryption
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::vector<std::weak_ptr<MailStream>> streams_;  ///< on the executor
};

}  // namespace watchrig::services
