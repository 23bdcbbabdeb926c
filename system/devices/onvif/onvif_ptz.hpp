#pragma once

#include <memory>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/onvif/onvif_locator.hpp"
#include "system/devices/ptz_head.hpp"

namespace watchrig::devices {

/// The head of a channel by ONVIF's PTZ service. What it can do is asked once; a device without the service,
/// or without a PTZ configuration in the channel's profiles, has no ability at all. The clock outlives it.
std::unique_ptr<PtzHead> make_onvif_ptz(const base::Clock& clock, OnvifClient::Options device,
                                        std::uint32_t channel);

}  // namespace watchrig::devices
