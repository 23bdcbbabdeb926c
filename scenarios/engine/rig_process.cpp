#include "scenarios/engine/rig_process.hpp"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::scenarios {

namespace {

namespace json = boost::json;

constexpr auto ready_deadline = std::chrono::seconds(60);

base::Error unreadable(std::string_view what, std::string_view why) {
  return {base::ErrorKind::invalid, fmt::format("{}: {}", what, why)};
}

std::string text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

unsigned count(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return 0;
  json::error_code error;
  const auto number = value->to_number<unsigned>(error);
  return error ? 0 : number;
}

bool flag(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

Device read_device(const json::object& object) {
  Device device;
  device.id = text(object, "id");
  device.kind = text(object, "kind");
  device.real = !flag(object, "virtual");
  device.username = text(object, "username");
  device.password = text(object, "password");
  device.onvif = text(object, "onvif");
  device.https = text(object, "https");
  device.authority = text(object, "authority");
  device.host = text(object, "host");
  device.port = count(object, "port");
  const auto* streams = object.if_contains("streams");
  if (!streams || !streams->is_object()) return device;
  for (const auto& [name, stream] : streams->get_object()) {
    if (!stream.is_object()) continue;
    device.streams[name] = text(stream.get_object(), "url");
    if (name == "main" || name == "ch1-main") device.detail = text(stream.get_object(), "profile");
  }
  return device;
}

std::string device_path(const std::string& device, std::string_view rest = {}) {
  return fmt::format("/devices/{}{}", http::percent_encode(device), rest);
}

}  // namespace

base::Result<std::map<std::string, Device>> parse_rig_ready(std::string_view line, std::string& control) {
  json::error_code error;
  const auto value = json::parse(line, error);
  if (error || !value.is_object()) return unreadable("ready line of the rig", "is no JSON object");
  const auto& object = value.get_object();
  control = text(object, "control");
  const auto* list = object.if_contains("devices");
  if (text(object, "ready") != "rig" || control.empty() || !list || !list->is_array()) {
    return unreadable("ready line of the rig", "lacks ready, control or devices");
  }
  std::map<std::string, Device> devices;
  for (const auto& entry : list->get_array()) {
    if (!entry.is_object()) return unreadable("ready line of the rig", "a device is no object");
    auto device = read_device(entry.get_object());
    devices.emplace(device.id, std::move(device));
  }
  return devices;
}

base::Duration lateness_of(const json::value& status) {
  base::Duration worst{};
  const auto* object = status.if_object();
  const auto* streams = object ? object->if_contains("streams") : nullptr;
  if (!streams || !streams->is_object()) return worst;
  for (const auto& [name, stream] : streams->get_object()) {
    json::error_code error;
    const auto* late = stream.find_pointer("/lateness_us/p99", error);
    if (!late || !late->is_number()) continue;
    const auto microseconds = late->to_number<std::int64_t>(error);
    if (!error) worst = std::max<base::Duration>(worst, std::chrono::microseconds(microseconds));
  }
  return worst;
}

base::Result<std::vector<LedgerUnit>> parse_ledger(const json::value& answer) {
  const auto* object = answer.if_object();
  const auto* list = object ? object->if_contains("units") : nullptr;
  if (!list || !list->is_array()) return unreadable("ledger", "has no list of units");
  std::vector<LedgerUnit> units;
  units.reserve(list->get_array().size());
  for (const auto& entry : list->get_array()) {
    if (!entry.is_object()) return unreadable("ledger", "a unit is no object");
    const auto& unit = entry.get_object();
    const auto time = base::parse_utc(text(unit, "time"));
    if (!time) return unreadable("ledger", time.error().message);
    units.push_back({count(unit, "index"), *time, flag(unit, "key"), text(unit, "digest"),
                     count(unit, "sent"), count(unit, "harmed")});
  }
  return units;
}

RigProcess::RigProcess(std::unique_ptr<ChildProcess> process, std::string control,
                       std::map<std::string, Device> devices)
    : process_(std::move(process)), control_(std::move(control)), devices_(std::move(devices)) {}

base::Result<std::unique_ptr<RigProcess>> RigProcess::start(Options options) {
  const auto log = options.log;
  auto process = ChildProcess::start(
      {.command = std::move(options.command), .error_log = log, .on_exit = std::move(options.on_exit)});
  if (!process) return std::move(process).error().within("rig");
  const auto line = (*process)->first_line(ready_deadline);
  if (!line) {
    return base::Error{line.error().kind,
                       fmt::format("rig: {}\n{}", line.error().message, tail_of_file(log, 5))};
  }
  std::string control;
  auto devices = parse_rig_ready(*line, control);
  if (!devices) return devices.error();
  return std::unique_ptr<RigProcess>(
      new RigProcess(*std::move(process), std::move(control), *std::move(devices)));
}

unsigned Device::channels() const {
  unsigned count = 0;
  while (streams.contains(fmt::format("ch{}-main", count + 1))) ++count;
  return count;
}

base::Result<json::value> RigProcess::status(const std::string& device) const {
  return control_.json("GET", device_path(device));
}

base::Result<std::vector<LedgerUnit>> RigProcess::ledger(const std::string& device, const std::string& stream,
                                                         base::UtcTime from, base::UtcTime to) const {
  const auto answer = control_.json(
      "GET", device_path(device, fmt::format("/ledger?stream={}&from={}&to={}", stream,
                                             base::format_utc(from, 9), base::format_utc(to, 9))));
  if (!answer) return answer.error();
  return parse_ledger(*answer);
}

base::Result<json::value> RigProcess::service_ledger(const std::string& device,
                                                     const std::string& query) const {
  return control_.json("GET", device_path(device, "/ledger" + query));
}

base::Result<json::value> RigProcess::inject(const std::string& device, const json::object& fault) const {
  return control_.json("POST", device_path(device, "/faults"), fault);
}

base::Result<json::value> RigProcess::change(const std::string& device, const json::object& state) const {
  return control_.json("PUT", device_path(device, "/state"), state);
}

base::Result<> RigProcess::clear_faults(const std::string& device) const {
  const auto answer = control_.json("DELETE", device_path(device, "/faults"));
  if (!answer) return answer.error();
  return {};
}

base::Result<json::value> RigProcess::faults(const std::string& device) const {
  return control_.json("GET", device_path(device, "/faults"));
}

}  // namespace watchrig::scenarios
