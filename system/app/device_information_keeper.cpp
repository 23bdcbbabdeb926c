#include "system/app/device_information_keeper.hpp"

#include <set>

#include "system/api/device_contact.hpp"
#include "system/api/device_refresh.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

constexpr base::Duration look_again = std::chrono::seconds(15);
/// Devices asked in one look, so that a start with thousands of them is no storm.
constexpr std::size_t most_in_a_look = 64;

/// Devices that are online and have neither told of themselves yet nor been asked by this run (`known`).
std::vector<central::DevicePtr> unknown_devices(central::Central& central, std::set<std::string>& known) {
  central::DeviceQuery query;
  query.limit = central::DeviceRegistry::most_devices;
  query.accept = [&](const central::Device& device) {
    return speaks_onvif(device) && !known.contains(device.id) && central.channel_states().is_online(device);
  };
  std::vector<central::DevicePtr> unknown;
  for (const auto& device : central.registry().list(query).items) {
    const auto kept = central.registry().information(device->id);
    if (kept && !kept->empty()) {
      known.insert(device->id);
    } else if (unknown.size() < most_in_a_look) {
      unknown.push_back(device);
    }
  }
  return unknown;
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock* clock,
                           central::Central* central) {
  base::Timer timer(executor, *clock);
  std::set<std::string> known;
  for (;;) {
    const bool in_time = co_await timer.wait_for(look_again);
    if (!in_time) co_return;
    const auto devices = unknown_devices(*central, known);
    if (devices.empty()) continue;
    const auto results = co_await api::refresh_information(*central, *clock, devices);
    for (std::size_t i = 0; i < results.size(); ++i) {
      known.insert(devices[i]->id);
      if (results[i]) continue;
      base::log_warning("device \"{}\" does not tell what it is until it is refreshed: {}", devices[i]->name,
                        results[i].error().message);
    }
  }
}

}  // namespace

void keep_device_information(asio::any_io_executor executor, const base::Clock& clock,
                             central::Central& central) {
  base::spawn(executor, keep(executor, &clock, &central), "information of devices");
}

}  // namespace watchrig::app
