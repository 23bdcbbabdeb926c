#pragma once

#include <optional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/devices/ability.hpp"

namespace watchrig::devices {

/// A contact that a device watches.
struct DigitalInput {
  std::string token;
  std::optional<bool> idle_closed;  ///< nothing: the device does not say
  std::optional<bool> active;
};

/// How a relay behaves: when monostable, it falls back by itself after the delay.
struct RelaySettings {
  bool monostable = false;
  base::Duration delay = std::chrono::seconds(1);
  bool idle_closed = false;
};
struct RelayOutput {
  std::string token;
  RelaySettings settings;
  std::optional<bool> active;
};

/// The inputs and outputs of a device. An ability that is `no`: it has none of them.
struct DigitalIo {
  Ability has_inputs = Ability::unknown, has_outputs = Ability::unknown;
  std::vector<DigitalInput> inputs;
  std::vector<RelayOutput> outputs;
  static constexpr std::size_t most = 256;  ///< of each
};

}  // namespace watchrig::devices
