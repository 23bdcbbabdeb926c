#pragma once

#include <map>
#include <string>
#include <string_view>

#include "system/devices/onvif/onvif_client.hpp"

namespace watchrig::devices {

/// Which services a device says it has, and at what path of its HTTP server.
class OnvifServices {
 public:
  /// Of a service by our prefix of its namespace: "trt". Empty when the device does not have it.
  std::string path(std::string_view prefix) const;
  bool has(std::string_view prefix) const { return !path(prefix).empty(); }

  /// By GetServices (ONVIF Core 8.1.2.4), else by GetCapabilities, which is what older devices know and which
  /// does not tell of every service. Errors: those of OnvifClient::ask.
  static boost::asio::awaitable<base::Result<OnvifServices>> find(OnvifClient& client);
  /// The same, after the device's clock was taken over, by which everything that is asked is signed: how a
  /// conversation with a device begins.
  static boost::asio::awaitable<base::Result<OnvifServices>> meet(OnvifClient& client);

 private:
  std::map<std::string, std::string, std::less<>> paths_;
};

}  // namespace watchrig::devices
