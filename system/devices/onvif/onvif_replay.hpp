#pragma once

#include <memory>

#include "system/devices/onvif/onvif_locator.hpp"
#include "system/devices/stream_locator.hpp"

namespace watchrig::devices {

/// Asks an ONVIF device where its own recording of a channel can be played (Profile G): by Range: clock=, in
/// the device's time, and through HTTP where the choice is so; never by UDP. Errors: unsupported (it keeps no
/// recordings), not_found (none of that channel), those of OnvifClient::ask.
std::unique_ptr<StreamLocator> make_onvif_replay_locator(const base::Clock& clock,
                                                         OnvifClient::Options options,
                                                         OnvifStreamChoice choice);

}  // namespace watchrig::devices
