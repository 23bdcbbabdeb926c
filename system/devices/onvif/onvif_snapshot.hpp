#pragma once

#include "system/devices/onvif/onvif_locator.hpp"

namespace watchrig::devices {

/// A picture that the device makes by itself now, as JPEG, at most 4 MiB (ONVIF Media and Media2,
/// GetSnapshotUri). It is fetched from the device itself, whatever host it names. Errors: unsupported (it
/// makes none), unavailable (what it gives is no JPEG), those of OnvifClient::ask and http::fetch. The clock
/// outlives it.
boost::asio::awaitable<base::Result<std::string>> take_snapshot(const base::Clock& clock,
                                                                OnvifClient::Options device,
                                                                OnvifStreamChoice choice);

}  // namespace watchrig::devices
