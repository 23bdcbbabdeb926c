#include "system/app/device_time_keeper.hpp"

#include <optional>

#include "system/api/device_contact.hpp"
#include "system/base/correlation.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::app {

namespace asio = boost::asio;

namespace {

/// How soon a change of the settings is seen.
constexpr base::Duration look_again = std::chrono::minutes(1);

std::vector<central::DevicePtr> devices_to_ask(central::Central& central) {
  central::DeviceQuery query;
  query.limit = central::DeviceRegistry::most_devices;
  query.accept = [](const central::Device& device) { return device.connected && speaks_onvif(device); };
  return central.registry().list(query).items;
}

asio::awaitable<void> keep(asio::any_io_executor executor, const base::Clock* clock,
                           central::Central* central) {
  base::Timer timer(executor, *clock);
  // The first round comes with the first look, so that servers that restart often have theirs too.
  std::optional<base::UtcTime> last;
  for (;;) {
    const bool in_time = co_await timer.wait_for(look_again);
    if (!in_time) co_return;
    const auto settings = central->settings().values("device_time").values;
    const auto interval = std::chrono::minutes(settings.at("interval").as_int64());
    const auto now = clock->now();
    const bool due = !last || now >= *last + interval || now < *last;
    if (!settings.at("enabled").as_bool() || !due) continue;
    last = now;
    const auto devices = devices_to_ask(*central);
    const api::ClockWish own{{}, {}, base::new_correlation()};
    const auto results = co_await api::correct_clocks(*central, *clock, devices, own);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i]) continue;
      base::log_warning("clock of device \"{}\": {}", devices[i]->name, results[i].error().message);
    }
  }
}

}  // namespace

void keep_device_time(asio::any_io_executor executor, const base::Clock& clock, central::Central& central) {
  base::spawn(executor, keep(executor, &clock, &central), "clocks of devices");
}

}  // namespace watchrig::app
