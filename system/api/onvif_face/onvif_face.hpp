#pragma once

#include <string>
#include <vector>

#include "system/api/onvif_face/onvif_callers.hpp"
#include "system/http/router.hpp"
#include "system/protocols/onvif/soap_service.hpp"

namespace watchrig::api {

/// This server as an ONVIF device (IVSS 8.6.4, 8.7.4): takes a SOAP request for one of its services, asks who
/// sends it, runs the operation or answers with a fault. Connections use it at once, on any thread; the parts
/// outlive it.
class OnvifFace {
 public:
  explicit OnvifFace(ServerParts& parts);

  const std::vector<protocols::SoapService>& services() const { return services_; }
  boost::asio::awaitable<http::Response> serve(const protocols::SoapService& service, http::Request request);
  /// A picture of the profile in the path.
  boost::asio::awaitable<http::Response> snapshot(http::Request request);

 private:
  std::optional<http::Response> refuse_all() const;
  http::Response unauthorised(const OnvifCaller& caller);
  void reach(const http::Request& request, protocols::SoapCall& call) const;

  ServerParts& parts_;
  OnvifCallers callers_;
  std::vector<protocols::SoapService> services_;
};

inline constexpr std::string_view onvif_device_path = "/onvif/device_service",
                                  onvif_media_path = "/onvif/media_service",
                                  onvif_media2_path = "/onvif/media2_service",
                                  onvif_ptz_path = "/onvif/ptz_service",
                                  onvif_snapshot_path = "/onvif/snapshot/";
/// The services, as tables of operations. The parts outlive them.
std::vector<protocols::SoapService> onvif_services(ServerParts& parts);
protocols::SoapService onvif_device_service(ServerParts& parts);
protocols::SoapService onvif_media_service(ServerParts& parts);
protocols::SoapService onvif_media2_service(ServerParts& parts);
protocols::SoapService onvif_ptz_service(ServerParts& parts);
/// Those of the device service for its users.
std::vector<protocols::SoapOperation> onvif_user_operations(ServerParts& parts);

}  // namespace watchrig::api
