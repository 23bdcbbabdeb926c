#include "system/devices/onvif/clock_calibration.hpp"

#include <fmt/format.h>

#include "system/devices/ask_many.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;

namespace {

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

}  // namespace

asio::awaitable<std::vector<base::Result<ClockCheck>>> calibrate_clocks(
    const base::Clock& clock, std::vector<OnvifClient::Options> devices, base::Duration tolerance) {
  std::function<asio::awaitable<base::Result<ClockCheck>>(OnvifClient::Options)> ask =
      [&clock, tolerance](OnvifClient::Options device) {
        return calibrate(&clock, std::move(device), tolerance);
      };
  co_return co_await ask_many(clock, std::move(devices), std::move(ask));
}

}  // namespace watchrig::devices
