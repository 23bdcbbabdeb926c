#include "system/app/device_ways.hpp"

#include "system/central/certificates/device_trust.hpp"
#include "system/central/devices/device_registration.hpp"

namespace watchrig::app {

storage::DeviceWays device_ways(central::Central& central) {
  const auto device = [&central](const std::string& id) {
    const auto found = central.registry().find(id);
    return found ? *found : std::make_shared<const central::Device>();
  };
  return {
      [&central, device](const std::string& id) { return central.device_registration().dialer(*device(id)); },
      [&central, device](const std::string& id) { return central.device_trust().of(*device(id)); }};
}

}  // namespace watchrig::app
