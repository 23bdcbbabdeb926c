#pragma once

#include <array>
#include <string_view>

#include "system/central/devices/device.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::central {

/// Where devices that are reached by RTSP have their streams, by the driver: "rtsp" as IVSS 5.4.2.2 has it,
/// "axis" as VAPIX, "sony" as its cameras' interface. `{channel}` stands for the number of the channel.
struct MakersPaths {
  std::string_view driver;
  std::array<std::string_view, media::stream_names.size()> paths;  ///< by stream
};
/// Null for drivers that ask the device.
const MakersPaths* find_makers_paths(std::string_view driver);

/// Of a device that is asked for its streams at its service, which is the address of each: main and sub,
/// which nearly all have. Whether there is another one, only the device can tell.
Streams streams_of_service(const std::string& service);

}  // namespace watchrig::central
