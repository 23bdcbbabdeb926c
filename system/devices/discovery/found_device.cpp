#include "system/devices/discovery/found_device.hpp"

#include <algorithm>

#include <boost/url/pct_string_view.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t longest_text = 63;
/// Of one question: many devices may be asked.
constexpr auto patience = std::chrono::seconds(2);

/// The first scope of the category, decoded; empty when there is none.
std::string scope_of(const protocols::DiscoveryTarget& target, std::string_view category) {
  const auto prefix = fmt::format("onvif://www.onvif.org/{}/", category);
  for (const auto& scope : target.scopes) {
    if (!scope.starts_with(prefix)) continue;
    const auto encoded = boost::urls::make_pct_string_view(std::string_view(scope).substr(prefix.size()));
    return encoded ? protocols::one_line(encoded->decode(), longest_text) : std::string();
  }
  return {};
}

bool is_private(const protocols::DiscoveryTarget& target) {
  return std::ranges::any_of(target.types,
                             [](const auto& type) { return type.uri == protocols::uri_of_prefix("wr"); });
}

bool is_video_device(const protocols::DiscoveryTarget& target) {
  return std::ranges::any_of(target.types, [](const auto& type) {
    return (type.uri == protocols::uri_of_prefix("dn") && type.local == "NetworkVideoTransmitter") ||
           (type.uri == protocols::uri_of_prefix("tds") && type.local == "Device");
  });
}

bool is_administrator(pugi::xml_node user) {
  return protocols::text_at(user, "UserLevel") == "Administrator";
}

}  // namespace

base::Result<FoundDevice> read_found(const protocols::DiscoveryTarget& target, const std::string& host) {
  if (!is_video_device(target)) return Error{ErrorKind::invalid, host + ": is no video device"};
  const auto is_printable = [](unsigned char c) { return c > ' ' && c <= '~'; };
  if (!std::ranges::all_of(target.endpoint, is_printable))
    return Error{ErrorKind::invalid, host + ": has a name that is not printable"};
  if (target.addresses.empty()) return Error{ErrorKind::invalid, host + ": tells of no service"};
  FoundDevice found;
  for (const auto& address : target.addresses) {
    const auto service = parse_onvif_address(address);
    if (!service || service->host != host) continue;
    found.service = *service;
    found.endpoint = target.endpoint;
    found.name = scope_of(target, "name");
    found.model = scope_of(target, "hardware");
    found.manufacturer = scope_of(target, "manufacturer");
    found.is_private = is_private(target);
    return found;
  }
  return Error{ErrorKind::denied,
               fmt::format("{}: tells of {}, which is not at its own address by http or https", host,
                           protocols::one_line(target.addresses.front(), longest_text))};
}

asio::awaitable<FoundDevice> ask_found(const base::Clock& clock, FoundDevice device) {
  OnvifClient::Options options;
  options.address = device.service;
  options.trust = device.trust;
  options.deadline = patience;
  OnvifClient client(clock, std::move(options));
  const auto users = co_await client.ask(device.service.path, "tds:GetUsers", {});
  if (!users && users.error().kind == ErrorKind::denied) device.initialised = true;
  if (!users) co_return device;
  device.initialised = std::ranges::any_of(protocols::children(users->content(), "User"), is_administrator);
  const auto told = co_await client.ask(device.service.path, "tds:GetDeviceInformation", {});
  if (!told) co_return device;
  const auto take = [&](std::string& text, const char* name) {
    if (auto value = protocols::one_line(protocols::text_at(told->content(), name), longest_text);
        !value.empty())
      text = std::move(value);
  };
  take(device.manufacturer, "Manufacturer");
  take(device.model, "Model");
  take(device.serial_number, "SerialNumber");
  take(device.firmware, "FirmwareVersion");
  co_return device;
}

}  // namespace watchrig::devices
