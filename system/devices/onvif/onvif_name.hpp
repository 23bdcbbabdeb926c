#pragma once

#include <string>

#include "system/devices/onvif/onvif_client.hpp"

namespace watchrig::devices {

/// Has a device call itself so: in its scopes (ONVIF Core 8.3.11, by which it is found), or, where these are
/// fixed, by its host name, which has letters, digits and hyphens only. What it took it by: "scope" or
/// "hostname". Errors: unsupported (it takes no such name), those of OnvifClient::ask.
boost::asio::awaitable<base::Result<std::string>> push_name(const base::Clock& clock,
                                                            OnvifClient::Options device, std::string name);

}  // namespace watchrig::devices
