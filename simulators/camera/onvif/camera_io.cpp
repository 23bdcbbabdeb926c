#include "simulators/camera/onvif/camera_io.hpp"

#include <fmt/format.h>

#include "system/base/spawn.hpp"

namespace watchrig::camera {

CameraIo::CameraIo(unsigned inputs, unsigned outputs, boost::asio::any_io_executor executor,
                   const base::Clock& clock, std::shared_ptr<EventHub> events)
    : inputs_(inputs),
      executor_(std::move(executor)),
      clock_(clock),
      events_(std::move(events)),
      relays_(outputs) {
  std::vector<std::vector<std::string>> input_sources, relay_sources;
  for (unsigned number = 1; number <= inputs; ++number) input_sources.push_back({input_token(number)});
  for (unsigned number = 1; number <= outputs; ++number) relay_sources.push_back({relay_token(number)});
  events_->declare("input", input_sources);
  events_->declare("relay", relay_sources);
}

std::string CameraIo::input_token(unsigned number) { return fmt::format("input-{}", number); }
std::string CameraIo::relay_token(unsigned number) { return fmt::format("relay-{}", number); }

std::optional<unsigned> CameraIo::relay_of(std::string_view token) const {
  for (unsigned number = 1; number <= relays_.size(); ++number) {
    if (token == relay_token(number)) return number;
  }
  return std::nullopt;
}

void CameraIo::configure(unsigned relay, bool monostable, base::Duration delay, bool idle_closed) {
  auto& one = relays_.at(relay - 1);
  one.monostable = monostable;
  one.delay = delay;
  one.idle_closed = idle_closed;
}

void CameraIo::switch_relay(unsigned relay, bool active, base::UtcTime device_time) {
  auto& one = relays_.at(relay - 1);
  one.active = active;
  if (active) ++one.switched;
  events_->set("relay", relay, active, device_time);
  if (active && one.monostable) {
    base::spawn(executor_, let_return(weak_from_this(), relay, one.switched, one.delay, device_time, clock_),
                "return of a relay");
  }
}

/// Unless it was switched again meanwhile.
boost::asio::awaitable<void> CameraIo::let_return(std::weak_ptr<CameraIo> weak, unsigned relay,
                                                  std::uint64_t switched, base::Duration delay,
                                                  base::UtcTime device_time, const base::Clock& clock) {
  base::Timer timer(co_await boost::asio::this_coro::executor, clock);
  co_await timer.wait_for(delay);
  const auto io = weak.lock();
  if (!io || io->relays_.at(relay - 1).switched != switched) co_return;
  io->switch_relay(relay, false, device_time + delay);
}

void CameraIo::lose_power(base::UtcTime device_time) {
  for (unsigned number = 1; number <= relays_.size(); ++number) switch_relay(number, false, device_time);
}

}  // namespace watchrig::camera
