#pragma once

#include <functional>

#include "system/devices/onvif/onvif_client.hpp"
#include "system/devices/picture_overlays.hpp"

namespace watchrig::devices {

/// What the device writes into the pictures of a channel, by the version of the media service that it has
/// (ONVIF Media 5.14, Media2 5.9). A device that cannot is no error: its ability is `no`. Errors: those of
/// OnvifClient::ask, not_found (no such channel).
boost::asio::awaitable<base::Result<OverlayState>> read_overlays(const base::Clock& clock,
                                                                 OnvifClient::Options device,
                                                                 std::uint32_t channel);

/// The overlays that there are to be, by what the device has now; an error that refuses it all. Those of
/// kind `other` and all that it does not touch keep their tokens; it runs between two questions, on the
/// coroutine's thread.
using OverlayPlan = std::function<base::Result<std::vector<PictureOverlay>>(const OverlayState&)>;
/// Has the device write what `plan` wants, and reads it again. First checked against what the device can do,
/// so that what it refuses beforehand (error invalid) changes nothing; a device that fails half-way is told
/// as the error that it gave, and what it has then is read by the next question. Errors beside those of
/// read_overlays: unsupported, those of the plan.
boost::asio::awaitable<base::Result<OverlayState>> change_overlays(const base::Clock& clock,
                                                                   OnvifClient::Options device,
                                                                   std::uint32_t channel, OverlayPlan plan);

}  // namespace watchrig::devices
