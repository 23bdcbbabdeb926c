#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "system/api/server_parts.hpp"
#include "system/app/rtsp_door.hpp"
#include "system/base/executor_pool.hpp"
#include "system/http/http_server.hpp"

namespace watchrig::app {

/// The ports of the server: opened as the settings say, and anew when those change, which ends all sign-ins
/// (IVSS 8.3.1.3). A change to a port that is in use is refused.
class FrontDoor {
 public:
  /// They outlive it; the ports that it opens are put into `ports`.
  FrontDoor(api::ServerParts& parts, base::ExecutorPool& pool, api::OpenPorts& ports);

  base::Result<> open();
  /// Lets in who has come through a relay. Any thread.
  void take(boost::asio::ip::tcp::socket socket, bool encrypted, std::function<bool()> wanted);
  /// After the pool has stopped.
  void stop();

  /// "http://127.0.0.1:8080", with the port that is really open.
  std::string http_url() const;
  /// Empty while it is closed, as are the next two.
  std::string rtsp_url() const;
  std::string https_url() const;
  std::string rtsps_url() const;
  /// name=port of each open port whose setting is 0, any free one.
  std::vector<std::string> free_ports() const;

 private:
  /// Of the settings, with the port that it is about.
  struct Section {
    const char* name;
    void (FrontDoor::*close)();
    base::Result<> (FrontDoor::*open)();
    std::string (FrontDoor::*url)() const;
    bool ends_sign_ins;  ///< when it is opened anew: people have signed in by it, or for it
  };
  static const Section sections[];

  base::Result<> open_http();
  base::Result<> open_rtsp();
  base::Result<> open_rtsps();
  void watch(const Section& watched);
  boost::asio::awaitable<void> reopen(const Section& section, unsigned change,
                                      std::shared_ptr<std::atomic<unsigned>> latest);
  base::Result<> open_https() { return parts_.https.open(); }
  void close_https() { parts_.https.stop(); }
  void close_http() { http_->stop(); }
  void close_rtsp() {
    rtsp_.close();
    ports_.rtsp = 0;
  }
  void close_rtsps() {
    rtsp_.close_tls();
    ports_.rtsps = 0;
  }
  void show_certificate();
  std::string url(const std::string& section, std::uint16_t port) const;

  api::ServerParts& parts_;
  base::ExecutorPool& pool_;
  api::OpenPorts& ports_;
  const boost::asio::any_io_executor lane_;  ///< for reopening, one thing after the other
  http::Router router_;
  std::unique_ptr<http::HttpServer> http_;
  RtspDoor rtsp_;
};

}  // namespace watchrig::app
