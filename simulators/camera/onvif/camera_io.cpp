#include "simulators/camera/onvif/camera_io.hpp"

#include <utility>

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
  for (unsigned number = 0; number < outputs; ++number)
    returns_.push_back({std::make_shared<base::Timer>(executor_, clock_), std::nullopt});
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
  if (!monostable) returns_.at(relay - 1).at.reset();
}

void CameraIo::switch_relay(unsigned relay, bool active, base::UtcTime device_time) {
  auto& one = relays_.at(relay - 1);
  auto& back = returns_.at(relay - 1);
  one.active = active;
  if (active) ++one.switched;
  events_->set("relay", relay, active, device_time);
  back.at.reset();
  if (!active || !one.monostable) return;
  back.at = clock_.now() + one.delay;
  back.device_time = device_time + one.delay;
  // It may be sooner than what is waited for.
  back.timer->cancel();
  if (!std::exchange(back.awaited, true))
    base::spawn(executor_, let_return(weak_from_this(), relay, back.timer), "return of a relay");
}

boost::asio::awaitable<void> CameraIo::let_return(std::weak_ptr<CameraIo> weak, unsigned relay,
                                                  std::shared_ptr<base::Timer> timer) {
  while (true) {
    auto io = weak.lock();
    const auto until = io ? io->await_return(relay) : std::nullopt;
    if (!until) co_return;
    io.reset();
    co_await timer->wait_until(*until);
  }
}

std::optional<base::UtcTime> CameraIo::await_return(unsigned relay) {
  auto& back = returns_.at(relay - 1);
  if (back.at && *back.at <= clock_.now()) switch_relay(relay, false, back.device_time);
  back.awaited = back.at.has_value();
  return back.at;
}

void CameraIo::lose_power(base::UtcTime device_time) {
  for (unsigned number = 1; number <= relays_.size(); ++number) switch_relay(number, false, device_time);
}

}  // namespace watchrig::camera
