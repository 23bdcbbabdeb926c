#pragma once

#include "system/devices/digital_io.hpp"
#include "system/devices/onvif/onvif_client.hpp"

namespace watchrig::devices {

/// The inputs and outputs of a device (ONVIF DeviceIO 5.4 and 5.6, Core 8.6). Their states come from its
/// events, which begin with them; a device without such events has states that are not known. Errors: those
/// of OnvifClient::ask.
boost::asio::awaitable<base::Result<DigitalIo>> read_io(const base::Clock& clock,
                                                        OnvifClient::Options device);

/// A monostable relay falls back by itself. Errors beside those: unsupported.
boost::asio::awaitable<base::Result<>> switch_output(const base::Clock& clock, OnvifClient::Options device,
                                                     std::string token, bool active);
/// How it behaves from now on. Errors: the same.
boost::asio::awaitable<base::Result<>> set_output(const base::Clock& clock, OnvifClient::Options device,
                                                  std::string token, RelaySettings settings);

}  // namespace watchrig::devices
