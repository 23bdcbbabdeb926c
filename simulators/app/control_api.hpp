#pragma once

#include <memory>
#include <vector>

#include "simulators/kernel/virtual_device.hpp"
#include "system/http/router.hpp"

namespace watchrig::rig {

using Devices = std::vector<std::shared_ptr<kernel::VirtualDevice>>;

/// The rig's control interface, by which a judge harms and observes the devices:
///   GET    /devices                       {"devices":[status…]}
///   GET    /devices/{id}                  status
///   PUT    /devices/{id}/state            a contact closes and the like; the state that it then has
///   GET    /devices/{id}/faults           those in force, and the schedule that really happened
///   POST   /devices/{id}/faults           201 and the fault with its id
///   DELETE /devices/{id}/faults           ends all: {"ended":n}
///   DELETE /devices/{id}/faults/{fault}   ends one: {"ended":1}
///   GET    /devices/{id}/ledger?…         what the device really did; the query depends on its kind
/// Handlers keep the devices alive.
void add_control_routes(http::Router& router, const Devices& devices);

}  // namespace watchrig::rig
