#pragma once

#include <vector>

#include "system/central/central.hpp"

namespace watchrig::api {

/// Asks devices what they are and keeps it (`DeviceRegistry::information`); the log tells of those that have
/// become another device, by their serial number. A result for each: unsupported where the driver cannot ask.
/// On a single-threaded executor; the references outlive it.
boost::asio::awaitable<std::vector<base::Result<>>> refresh_information(central::Central& central,
                                                                        const base::Clock& clock,
                                                                        std::vector<central::DevicePtr> list);

/// What a device has told of itself: as it is kept, or everything unknown.
base::Result<boost::json::object> information_of(central::Central& central, std::string_view device);

}  // namespace watchrig::api
