#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/devices/ability.hpp"
#include "system/devices/onvif/onvif_client.hpp"

namespace watchrig::devices {

/// What a device tells of itself. Texts are empty and numbers -1 where it does not.
struct DeviceInformation {
  struct Stream {
    std::string profile;  ///< token of the media profile
    int width = 0, height = 0;
  };

  std::string manufacturer, model, firmware, serial_number, hardware;
  std::string hostname, mac;
  int video_inputs = -1, audio_inputs = -1, audio_outputs = -1, alarm_inputs = -1, alarm_outputs = -1;
  std::vector<Stream> streams;
  /// By name: media2, imaging, ptz, events, analytics, io, recording, search, replay, talk.
  std::vector<std::pair<std::string, Ability>> abilities;
};

/// Asks an ONVIF device. What it refuses apart from its identity is left out. Errors: those of
/// OnvifClient::ask. The clock outlives the coroutine.
boost::asio::awaitable<base::Result<DeviceInformation>> read_information(const base::Clock& clock,
                                                                         OnvifClient::Options device);

}  // namespace watchrig::devices
