#pragma once

#include "system/central/central.hpp"
#include "system/storage/linked_device.hpp"

namespace watchrig::app {

/// What storage cannot be told by messages: who a device is that dials in, and whose certificate is believed.
/// A device that is gone is one like any other; what was asked for it ends soon. Central outlives it.
storage::DeviceWays device_ways(central::Central& central);

}  // namespace watchrig::app
