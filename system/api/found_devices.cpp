#include "system/api/found_devices.hpp"

#include <algorithm>
#include <map>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/api/place_requests.hpp"

namespace watchrig::api {

namespace json = boost::json;

namespace {

/// Ids of the devices that were added, by host and port, and by host alone for drivers by whose addresses no
/// port of a service is known.
class AddedDevices {
 public:
  AddedDevices(ServerParts& parts, const http::Request& request) {
    central::DeviceQuery all;
    all.in_area = own_areas(parts, request);
    all.limit = central::DeviceRegistry::most_devices;
    for (const auto& device : parts.central.registry().list(all).items) {
      const auto address = central::address_of(*device);
      const bool by_service = speaks_onvif(*device);
      auto& ids = by_service ? by_service_ : by_host_;
      ids.emplace(by_service ? service(address.host, address.port) : address.host, device->id);
    }
  }

  /// `alone`: no other device was found at its host.
  std::string find(const devices::FoundDevice& device, bool alone) const {
    const auto& where = device.service;
    const auto same = by_service_.find(service(where.host, where.port));
    if (same != by_service_.end()) return same->second;
    const auto host = by_host_.find(where.host);
    return alone && host != by_host_.end() ? host->second : std::string();
  }

 private:
  static std::string service(const std::string& host, std::uint16_t port) {
    return fmt::format("{}:{}", host, port);
  }
  std::map<std::string, std::string> by_service_, by_host_;
};

std::string_view initialised_text(const devices::FoundDevice& device) {
  return !device.initialised ? "unknown" : *device.initialised ? "yes" : "no";
}

}  // namespace

std::vector<FoundRow> found_rows(ServerParts& parts, const http::Request& request,
                                 const devices::SearchState& state) {
  const AddedDevices added(parts, request);
  std::map<std::string, std::size_t> of_host;
  std::map<std::string, std::vector<std::string>> of_serial;
  for (const auto& device : state.devices) {
    ++of_host[device.service.host];
    if (!device.serial_number.empty()) of_serial[device.serial_number].push_back(device.endpoint);
  }
  std::vector<FoundRow> rows;
  for (const auto& device : state.devices) {
    FoundRow row{device, added.find(device, of_host[device.service.host] == 1), {}};
    if (!device.serial_number.empty()) row.same_serial = of_serial[device.serial_number];
    std::erase(row.same_serial, device.endpoint);
    rows.push_back(std::move(row));
  }
  return rows;
}

base::Result<devices::FoundDevice> found_device(ServerParts& parts, const std::string& endpoint) {
  const auto all = parts.search.state().devices;
  const auto found = std::ranges::find(all, endpoint, &devices::FoundDevice::endpoint);
  if (found == all.end())
    return base::Error{base::ErrorKind::not_found, "the last search has not found it; search again"};
  if (std::ranges::count(all, endpoint, &devices::FoundDevice::endpoint) > 1)
    return base::Error{base::ErrorKind::conflict,
                       "several hosts say to be this device; search at the address of the right one alone"};
  return *found;
}

json::object to_json(const FoundRow& row) {
  const auto& device = row.device;
  json::object object{{"endpoint", device.endpoint},
                      {"name", device.name},
                      {"manufacturer", device.manufacturer},
                      {"model", device.model},
                      {"driver", device.is_private ? "private" : "onvif"},
                      {"address", device.service.host},
                      {"port", device.service.port},
                      {"tls", device.service.tls},
                      {"path", device.service.path},
                      {"initialised", initialised_text(device)}};
  if (!device.serial_number.empty()) object["serial_number"] = device.serial_number;
  if (!device.firmware.empty()) object["firmware"] = device.firmware;
  if (!row.added.empty()) object["added"] = row.added;
  if (!row.same_serial.empty())
    object["same_serial"] = json::array(row.same_serial.begin(), row.same_serial.end());
  return object;
}

json::object to_json(const devices::SearchState& state) {
  json::object object{{"state", to_string(state.phase)}, {"progress", state.progress}};
  using Phase = devices::SearchState::Phase;
  if (state.phase != Phase::none) object["began"] = base::format_utc(state.began);
  if (state.phase == Phase::done || state.phase == Phase::stopped)
    object["ended"] = base::format_utc(state.ended);
  const auto& counts = state.counts;
  object["counts"] = {{"answers", counts.answers},     {"malformed", counts.malformed},
                      {"unasked", counts.unasked},     {"outside", counts.outside},
                      {"elsewhere", counts.elsewhere}, {"too_fast", counts.too_fast},
                      {"too_many", counts.too_many},   {"other_makers", counts.other_makers}};
  object["notes"] = json::array(state.notes.begin(), state.notes.end());
  return object;
}

}  // namespace watchrig::api
