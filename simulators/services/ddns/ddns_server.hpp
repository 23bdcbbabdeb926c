#pragma once

#include <deque>
#include <mutex>

#include <boost/asio/awaitable.hpp>

#include "simulators/services/service_device.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::services {

/// Reads `<ddns-server id=… domain=… user=… password=… [port=… address="203.0.113.7" moved="203.0.113.9"]/>`.
base::Result<ServicePlan> plan_ddns_server(const kernel::XmlFile& file, pugi::xml_node element);

/// A virtual DDNS service that speaks dyndns2 over HTTP on the loopback interface: updates at /nic/update and
/// /dyndns/update by Basic authentication, and /ip, a page that shows the address of who asks. Faults: stall,
/// lie with what it answers in place of the truth (badauth, nohost, notfqdn, abuse, numhost, badagent,
/// dnserr, 911, ignore: the address 127.0.0.1, garbage, huge: a megabyte), or `moved`: who asks has the other
/// address. Its ledger: {"count","looks","address","updates":[{"path","hostname","myip","user","agent",
/// "answer"}…]}, the newest hundred.
class DdnsServer final : public ServiceDevice, public std::enable_shared_from_this<DdnsServer> {
 public:
  struct Spec {
    std::uint16_t port = 0;
    std::string domain;
    std::string user;
    std::string password;
    std::string address = "203.0.113.7";
    std::string moved = "203.0.113.9";
  };
  static constexpr std::size_t most_updates = 100;

  DdnsServer(std::string id, Spec spec, const base::Clock& clock, boost::asio::any_io_executor executor);

  std::string_view kind() const override { return "ddns-server"; }
  base::Result<void> start() override;
  void stop() override;
  bool connected() const override { return false; }
  boost::json::object description() const override;
  boost::json::object status() const override;
  base::Result<std::string> ledger(const Query& query) const override;

 private:
  static boost::asio::awaitable<http::Response> serve(std::shared_ptr<DdnsServer> self,
                                                      http::Request request);
  http::Response show_address();
  http::Response update(const http::Request& request);
  std::string answer(const http::Request& request, const std::string& user);
  std::string address_of_client() const;

  const Spec spec_;
  boost::asio::any_io_executor executor_;
  http::Router router_;
  std::unique_ptr<http::HttpServer> server_;
  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::uint64_t looks_ = 0;
  std::string address_;  ///< that the domain leads to
  std::deque<boost::json::object> updates_;
};

}  // namespace watchrig::services
