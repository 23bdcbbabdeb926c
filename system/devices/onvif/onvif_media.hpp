#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/devices/onvif/onvif_profiles.hpp"
#include "system/devices/onvif/onvif_services.hpp"

namespace watchrig::devices {

/// A device's media service, by one of its versions, and the profiles that it has there.
struct OnvifMedia {
  std::string prefix;  ///< of its namespace: "tr2", or "trt" for version 1
  std::string path;
  std::vector<OnvifProfile> profiles;

  /// The versions, the better one first.
  static constexpr std::string_view versions[] = {"tr2", "trt"};

  bool newer() const { return prefix == versions[0]; }
  std::string operation(std::string_view name) const;

  /// By that version, which the device has. Errors: those of OnvifClient::ask.
  static boost::asio::awaitable<base::Result<OnvifMedia>> ask(OnvifClient& client,
                                                              const OnvifServices& services,
                                                              std::string version);
  /// By version 2, or by version 1 where the device has no other or announces one that does not work. Errors:
  /// unsupported (it has no media service), those of OnvifClient::ask.
  static boost::asio::awaitable<base::Result<OnvifMedia>> find(OnvifClient& client,
                                                               const OnvifServices& services);
};

}  // namespace watchrig::devices
