#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scenarios/engine/bench.hpp"

namespace watchrig::scenarios {

/// What is known only once the rig runs: `gate.main`, `gate.sub` and `gate.port`, an address and the port of
/// the camera "gate"; `Gate.device` and `Gate.id`, the ids of a device that was added and of its channel.
std::optional<std::string> rig_fact(const Bench& bench, std::string_view name);

}  // namespace watchrig::scenarios
