#include "system/devices/onvif/clock_calibration.hpp"

#include <memory>

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "system/base/spawn.hpp"
#include "system/base/timer.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_at_once = 16;
/// Of the second that a device tells, the middle.
constexpr base::Duration half_a_second = std::chrono::milliseconds(500);

asio::awaitable<base::Result<ClockCheck>> calibrate(const base::Clock* clock, OnvifClient::Options device,
                                                    base::Duration tolerance) {
  OnvifClient client(*clock, std::move(device));
  const auto before = co_await client.read_clock();
  if (!before) co_return before.error();
  ClockCheck check{*before + half_a_second};
  if (std::chrono::abs(check.offset) <= tolerance) co_return check;
  const auto set = co_await client.set_clock();
  if (!set) co_return set.error();
  const auto after = co_await client.read_clock();
  if (!after) co_return after.error();
  check.corrected = std::chrono::abs(*after + half_a_second) <= tolerance;
  if (check.corrected) co_return check;
  co_return base::Error{base::ErrorKind::conflict,
                        fmt::format("{}: the device has taken our time, but its clock is still {} off",
                                    client.address().host, base::format_duration(*after))};
}

/// Everything that the coroutines of one call share.
struct Round {
  const base::Clock* clock;
  std::vector<OnvifClient::Options> devices;
  base::Duration tolerance;
  std::vector<base::Result<ClockCheck>> results;
  std::size_t next = 0;
  std::size_t running = 0;
  base::Timer done;
};

/// Counts a coroutine as ended, however it ends.
struct Leaving {
  Round& round;
  ~Leaving() {
    if (--round.running == 0) round.done.cancel();
  }
};

asio::awaitable<void> work(std::shared_ptr<Round> round) {
  const Leaving leaving{*round};
  while (round->next < round->devices.size()) {
    const auto number = round->next++;
    auto result = co_await calibrate(round->clock, round->devices[number], round->tolerance);
    round->results[number] = std::move(result);
  }
}

}  // namespace

asio::awaitable<std::vector<base::Result<ClockCheck>>> calibrate_clocks(
    const base::Clock& clock, std::vector<OnvifClient::Options> devices, base::Duration tolerance) {
  const auto executor = co_await asio::this_coro::executor;
  const auto count = devices.size();
  const std::vector<base::Result<ClockCheck>> unknown(count, ClockCheck{});
  auto round = std::make_shared<Round>(Round{
      &clock, std::move(devices), tolerance, unknown, 0, std::min(count, most_at_once), {executor, clock}});
  for (std::size_t i = round->running; i > 0; --i) base::spawn(executor, work(round), "clocks of devices");
  // Each question has its deadline, so there is an end.
  while (round->running > 0) co_await round->done.wait_for(std::chrono::hours(24));
  co_return std::move(round->results);
}

}  // namespace watchrig::devices
