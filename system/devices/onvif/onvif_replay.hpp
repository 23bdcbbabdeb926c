#pragma once

#include <memory>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/stream_locator.hpp"

namespace watchrig::devices {

/// Asks an ONVIF device where its own recording of a channel, counted from 1, can be played (Profile G): by
/// Range: clock=, in the device's time. Errors: unsupported (it keeps no recordings), not_found (none of that
/// channel), those of OnvifClient::ask.
std::unique_ptr<StreamLocator> make_onvif_replay_locator(const base::Clock& clock,
                                                         OnvifClient::Options options, std::uint32_t channel);

}  // namespace watchrig::devices
