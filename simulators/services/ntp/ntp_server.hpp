#pragma once

#include <atomic>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

#include "simulators/services/service_device.hpp"

namespace watchrig::services {

/// Reads `<ntp-server id=… [port=… time="2031-06-01T12:00:00Z" stratum="2"]/>`; `time` is what its clock
/// shows when the rig starts, else the rig's time.
base::Result<ServicePlan> plan_ntp_server(const kernel::XmlFile& file, pugi::xml_node element);

/// A virtual NTP server (RFC 5905) on the loopback interface. Faults: stall (says nothing), clock-jump, lie
/// (unsynchronised, deny, rate, foreign: answers to something that nobody asked, distant: a clock that may be
/// 20 s off). Its ledger: {"requests","answers"}.
class NtpServer final : public ServiceDevice, public std::enable_shared_from_this<NtpServer> {
 public:
  struct Spec {
    std::uint16_t port = 0;
    std::optional<base::UtcTime> time;
    std::uint8_t stratum = 2;
  };
  NtpServer(std::string id, const Spec& spec, const base::Clock& clock,
            boost::asio::any_io_executor executor);

  std::string_view kind() const override { return "ntp-server"; }
  base::Result<void> start() override;
  void stop() override;
  bool connected() const override { return false; }
  boost::json::object description() const override;
  boost::json::object status() const override;
  base::Result<std::string> ledger(const Query& query) const override;

 private:
  using Udp = boost::asio::ip::udp;
  static boost::asio::awaitable<void> serve(std::shared_ptr<NtpServer> self);
  std::vector<std::uint8_t> answer(const std::vector<std::uint8_t>& request) const;
  base::UtcTime time() const;

  const Spec spec_;
  const base::Duration ahead_;
  boost::asio::any_io_executor executor_;
  Udp::socket socket_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> answers_ = 0;
};

}  // namespace watchrig::services
