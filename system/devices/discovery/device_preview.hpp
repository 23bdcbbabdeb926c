#pragma once

#include <vector>

#include "system/devices/discovery/found_device.hpp"

namespace watchrig::devices {

/// A picture of a device that was not added yet, as JPEG: by the first of the accounts that it knows. Errors:
/// denied (it knows none of them), conflict (it has no administrator, so that everybody would see it),
/// unsupported (it makes no pictures), and those of OnvifClient::ask. The clock outlives it.
boost::asio::awaitable<base::Result<std::string>> preview_device(const base::Clock& clock, FoundDevice device,
                                                                 std::vector<media::Credentials> accounts);

}  // namespace watchrig::devices
