#include "system/api/device_refresh.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/devices/ask_many.hpp"
#include "system/devices/onvif/device_information.hpp"

namespace watchrig::api {

namespace json = boost::json;
using base::Result;
using devices::DeviceInformation;

namespace {

json::value count_json(int count) { return count < 0 ? json::value() : json::value(count); }

json::object to_json(const DeviceInformation& told, base::UtcTime read) {
  json::object abilities;
  for (const auto& [name, ability] : told.abilities) abilities[name] = to_string(ability);
  json::array streams;
  for (const auto& stream : told.streams) {
    streams.push_back({{"profile", stream.profile}, {"width", stream.width}, {"height", stream.height}});
  }
  return {{"read", base::format_utc(read, 3)},
          {"manufacturer", told.manufacturer},
          {"model", told.model},
          {"firmware", told.firmware},
          {"serial_number", told.serial_number},
          {"hardware", told.hardware},
          {"hostname", told.hostname},
          {"mac", told.mac},
          {"video_inputs", count_json(told.video_inputs)},
          {"audio_inputs", count_json(told.audio_inputs)},
          {"audio_outputs", count_json(told.audio_outputs)},
          {"alarm_inputs", count_json(told.alarm_inputs)},
          {"alarm_outputs", count_json(told.alarm_outputs)},
          {"streams", std::move(streams)},
          {"abilities", std::move(abilities)}};
}

std::string text_of(const json::object& information, std::string_view name) {
  const auto* value = information.if_contains(name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

central::Event replaced(const central::Device& device, const std::string& before, const std::string& now) {
  central::Event event;
  event.type = "device.replaced";
  if (!device.channels.empty()) {
    event.channel = device.channels.front().id;
    event.channel_name = device.channels.front().name;
  }
  event.cause = "serial number";
  event.message = fmt::format(
      "device \"{}\" has become another one: its serial number was {} and is {}; check what stands at its "
      "address",
      device.name, before, now);
  event.data = {{"device", device.id}, {"before", before}, {"after", now}};
  return event;
}

Result<> keep(central::Central& central, const central::Device& device, const DeviceInformation& told,
              base::UtcTime now) {
  const auto before = central.registry().information(device.id);
  const auto serial = before ? text_of(*before, "serial_number") : std::string();
  if (!serial.empty() && !told.serial_number.empty() && serial != told.serial_number) {
    central.events().append(replaced(device, serial, told.serial_number));
  }
  return central.registry().set_information(device.id, to_json(told, now));
}

}  // namespace

boost::asio::awaitable<std::vector<Result<>>> refresh_information(central::Central& central,
                                                                  const base::Clock& clock,
                                                                  std::vector<central::DevicePtr> list) {
  std::function<boost::asio::awaitable<Result<DeviceInformation>>(devices::OnvifClient::Options)> ask =
      [&clock](devices::OnvifClient::Options device) {
        return devices::read_information(clock, std::move(device));
      };
  std::vector<Result<>> results(list.size());
  auto contacts = contacts_of(central, list);
  for (const auto& refusal : contacts.refused) results[refusal.first] = refusal.second;
  const auto told = co_await devices::ask_many(clock, std::move(contacts.devices), std::move(ask));
  for (std::size_t i = 0; i < told.size(); ++i) {
    auto& result = results[contacts.places[i]];
    result =
        told[i] ? keep(central, *list[contacts.places[i]], *told[i], clock.now()) : Result<>(told[i].error());
  }
  co_return results;
}

Result<json::object> information_of(central::Central& central, std::string_view device) {
  auto kept = central.registry().information(device);
  if (!kept || !kept->empty()) return kept;
  json::object unknown{{"read", nullptr}, {"abilities", json::object()}};
  return unknown;
}

}  // namespace watchrig::api
