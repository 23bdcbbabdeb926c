#include "system/devices/discovery/device_preview.hpp"

#include "system/devices/onvif/onvif_snapshot.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr auto patience = std::chrono::seconds(3);

}  // namespace

asio::awaitable<Result<std::string>> preview_device(const base::Clock& clock, FoundDevice device,
                                                    std::vector<media::Credentials> accounts) {
  device.initialised.reset();
  device = co_await ask_found(clock, std::move(device));
  if (device.initialised && !*device.initialised) {
    co_return Error{ErrorKind::conflict, device.service.host + " has no administrator; initialise it first"};
  }
  Result<std::string> result = Error{ErrorKind::denied, device.service.host + ": there is no account to try"};
  for (const auto& account : accounts) {
    OnvifClient::Options options;
    options.address = device.service;
    options.credentials = account;
    options.trust = device.trust;
    options.deadline = patience;
    OnvifStreamChoice first;
    auto picture = co_await take_snapshot(clock, std::move(options), std::move(first));
    result = std::move(picture);
    if (result || result.error().kind != ErrorKind::denied) break;
  }
  co_return result;
}

}  // namespace watchrig::devices
