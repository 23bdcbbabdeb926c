#pragma once

#include "system/devices/onvif/onvif_media.hpp"
#include "system/devices/ptz_head.hpp"

namespace watchrig::devices {

/// Where a device's PTZ service is to be asked about a channel, and what its node can do.
struct PtzNode {
  std::string path;     ///< of the service; empty: the channel has no head
  std::string profile;  ///< token of the media profile by which it is moved
  PtzAbilities abilities;

  /// Errors: those of OnvifClient::ask, not_found (no such channel).
  static boost::asio::awaitable<base::Result<PtzNode>> find(OnvifClient& client, std::uint32_t channel);
};

/// A relative move by what is seen (ONVIF PTZ 5.8.1).
inline constexpr std::string_view ptz_view_space =
    "http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov";

}  // namespace watchrig::devices
