#pragma once

#include <vector>

#include "system/devices/onvif/onvif_client.hpp"

namespace watchrig::devices {

/// What became of the clock of a device. Devices tell whole seconds, so half a second is not known.
struct ClockCheck {
  base::Duration offset{};  ///< before; positive: the device was ahead
  bool corrected = false;
};

/// Compares the clock of each device with ours, and sets those that are off by more than `tolerance` (a
/// second at least); several devices at a time. Results in their order; errors are those of OnvifClient::ask,
/// and conflict when the device took our time and does not show it. On a single-threaded executor; the clock
/// outlives it.
boost::asio::awaitable<std::vector<base::Result<ClockCheck>>> calibrate_clocks(
    const base::Clock& clock, std::vector<OnvifClient::Options> devices, base::Duration tolerance);

}  // namespace watchrig::devices
