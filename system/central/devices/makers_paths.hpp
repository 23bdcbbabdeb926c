#pragma once

#include <string_view>

namespace watchrig::central {

/// Where devices that are reached by RTSP have their streams, by the driver: "rtsp" as IVSS 5.4.2.2 has it,
/// "axis" as VAPIX, "sony" as its cameras' interface. `{channel}` stands for the number of the channel.
struct MakersPaths {
  std::string_view driver;
  std::string_view main, sub;
};
/// Null for drivers that ask the device.
const MakersPaths* find_makers_paths(std::string_view driver);

}  // namespace watchrig::central
