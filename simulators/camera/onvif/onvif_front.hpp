#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "simulators/camera/onvif/camera_certificates.hpp"
#include "simulators/camera/onvif/camera_io.hpp"
#include "simulators/camera/onvif/discovery_host.hpp"
#include "simulators/camera/onvif/onvif_device.hpp"
#include "system/http/http_server.hpp"
#include "system/media/digest_auth.hpp"

namespace watchrig::camera {

/// The HTTP face of an ONVIF camera: takes SOAP requests for its services, asks who sends them (HTTP Digest
/// or a WS-UsernameToken, ONVIF Core 5.9), runs the operation or answers with a fault; and gives pictures
/// away at the snapshot address. Everything runs on the executor, which serves one thing at a time.
class OnvifFront {
 public:
  /// With a `host` it can be found by WS-Discovery while it is started.
  OnvifFront(OnvifDevice device, boost::asio::any_io_executor executor, std::shared_ptr<DiscoveryHost> host);
  ~OnvifFront();

  /// Listens on the device's address, at the ports of its place; port 0: any free one, which it keeps.
  base::Result<> start();
  /// With a Bye to whoever listens, or as when the power fails. Any thread.
  /// Also forgets who has subscribed to events, and lets relays fall back.
  void stop(bool bye);
  /// Is found and answers there from now on; who is connected loses that. What stays the same is not
  /// disturbed. Errors: those of start(), which
  /// leave it nowhere. On the executor's thread.
  base::Result<> move_to(const CameraPlace& place);
  const OnvifDevice& device() const { return device_; }
  /// What it was when it was started first.
  const OnvifDevice& first() const { return *first_; }
  /// Its services know again what they knew at first, but for what goes on outside of them, and without
  /// `network` for what they were told of the network. On the executor's thread.
  void forget_settings(bool network);
  /// The camera has no battery: after a time without power its clock is as wrong as it was at first.
  void forget_clock();
  /// 0: it does not answer so.
  std::uint16_t port() const { return http_.port; }
  std::uint16_t https_port() const { return https_.port; }
  /// Has those that connect from now on see the certificate that is used. On the executor's thread.
  void show_certificate();
  /// How far the camera's clock is ahead of the rig's. On the executor's thread.
  base::Duration clock_ahead() const { return device_.clock_offset; }
  /// Something happens to the camera: "input", "motion", "dark", "tamper" or "busy". False when it has none
  /// of that number. On the executor's thread, as the next two.
  bool set_state(std::string_view what, unsigned number, bool on);
  const CameraIo& io() const { return *device_.io; }
  const EventHub& events() const { return *device_.events; }
  /// By which the password can be reset. On the executor's thread.
  const std::string& reset_email() const { return device_.reset_email; }
  /// Requests so far, and those among them that were refused. Any thread.
  std::uint64_t requests() const { return requests_; }
  std::uint64_t refused() const { return refused_; }

 private:
  struct Caller {
    UserLevel level = UserLevel::anonymous;
    bool claimed = false;  ///< credentials were there, and wrong
    bool stale = false;    ///< right, but for a nonce of before
  };

  struct Door {
    std::unique_ptr<http::HttpServer> server;
    std::atomic<std::uint16_t> port{0};
  };
  base::Result<> open(Door& door, std::uint16_t port, http::TlsIdentityPtr tls);

  boost::asio::awaitable<http::Response> serve(const OnvifService& service, http::Request request);
  void declare_events();
  http::Response snapshot(const http::Request& request);
  Caller caller(const http::Request& request, pugi::xml_node header);
  Caller granted(UserLevel level);
  http::Response unauthorised(const Caller& caller) const;
  std::string authority(const http::Request& request) const;

  OnvifDevice device_;
  std::optional<OnvifDevice> first_;
  const base::Duration first_offset_;
  const boost::asio::any_io_executor executor_;
  const std::shared_ptr<DiscoveryHost> host_;
  media::DigestServer digest_;
  std::uint64_t storm_;          ///< right passwords that are still refused
  std::uint64_t by_digest_ = 0;  ///< requests with a right one
  std::vector<OnvifService> services_;
  http::Router router_;
  Door http_, https_;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace watchrig::camera
