#pragma once

#include <optional>

#include "system/devices/discovery/address_plan.hpp"
#include "system/devices/discovery/found_device.hpp"

namespace watchrig::devices {

/// Has a device be at another address, static or, without a `place`, by DHCP, and waits until the same device
/// (by the address of its card) answers there; by DHCP it is looked for on the segments of this machine. The
/// device as it is found then. Errors: denied (user or password), unavailable (it took the change and stays
/// where it was, or is seen nowhere any more), unsupported, and those of OnvifClient::ask. The clock outlives
/// it. On a single-threaded executor. `watch` is told what the device is told, not how it is looked for.
boost::asio::awaitable<base::Result<FoundDevice>> move_device(const base::Clock& clock, FoundDevice device,
                                                              media::Credentials account,
                                                              std::optional<StaticPlace> place,
                                                              OnvifClient::Watch watch = {});

/// The same for the port of its services.
boost::asio::awaitable<base::Result<FoundDevice>> move_device_port(const base::Clock& clock,
                                                                   FoundDevice device,
                                                                   media::Credentials account,
                                                                   std::uint16_t port,
                                                                   OnvifClient::Watch watch = {});

}  // namespace watchrig::devices
