#pragma once

#include <mutex>

#include <boost/asio/awaitable.hpp>

#include "simulators/services/service_device.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::services {

/// Reads `<update-feed id=… server="1.2.3" [client="1.2.3" port=…]/>`.
base::Result<ServicePlan> plan_update_feed(const kernel::XmlFile& file, pugi::xml_node element);

/// A virtual web server that announces versions of server and client at /versions.json. Faults: stall, lie
/// with what it answers in place of them (old: 0.0.1, garbage, huge: a megabyte). Its ledger: {"count"}, of
/// how often it was asked.
class UpdateFeedServer final : public ServiceDevice, public std::enable_shared_from_this<UpdateFeedServer> {
 public:
  struct Spec {
    std::uint16_t port = 0;
    std::string server;
    std::string client;  ///< empty: not announced
  };

  UpdateFeedServer(std::string id, Spec spec, const base::Clock& clock,
                   boost::asio::any_io_executor executor);

  std::string_view kind() const override { return "update-feed"; }
  base::Result<void> start() override;
  void stop() override;
  bool connected() const override { return false; }
  boost::json::object description() const override;
  boost::json::object status() const override;
  base::Result<std::string> ledger(const Query& query) const override;

 private:
  static boost::asio::awaitable<http::Response> serve(std::shared_ptr<UpdateFeedServer> self);
  http::Response answer();

  const Spec spec_;
  boost::asio::any_io_executor executor_;
  http::Router router_;
  std::unique_ptr<http::HttpServer> server_;
  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;
};

}  // namespace watchrig::services
