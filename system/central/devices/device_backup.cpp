#include "system/central/devices/device_backup.hpp"

#include <algorithm>
#include <zlib.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::string_view purpose = "backup of devices";
constexpr std::uint32_t most_bytes = 256u << 20;

json::object streams_json(const Streams& streams) {
  json::object object;
  for (const auto& [name, address] : streams) object[name] = address;
  return object;
}

json::object to_json(const Device& device) {
  json::array channels;
  for (const Channel& channel : device.channels) {
    channels.push_back({{"number", channel.number},
                        {"name", channel.name},
                        {"plan", to_string(channel.plan)},
                        {"stream", channel.recorded_stream},
                        {"schedule", channel.schedule},
                        {"plan_enabled", channel.plan_enabled},
                        {"keep_days", channel.keep_days},
                        {"keep_bytes", channel.keep_bytes},
                        {"disk_group", channel.disk_group},
                        {"streams", streams_json(channel.streams)}});
  }
  return {{"name", device.name},
          {"driver", device.driver},
          {"streams", streams_json(device.streams)},
          {"username", device.username},
          {"password", device.password},
          {"transport", to_string(device.transport)},
          {"area", device.area},
          {"description", device.description},
          {"type", device.type},
          {"manufacturer", device.manufacturer},
          {"channel_count", device.channel_count},
          {"inputs", device.inputs},
          {"outputs", device.outputs},
          {"heads", device.heads},
          {"connected", device.connected},
          {"storage_server", device.storage_server},
          {"certificate", device.certificate},
          {"cache_strategy", device.cache_strategy},
          {"channels", std::move(channels)}};
}

/// Thousands of devices fit into the body of one request.
std::string packed(const std::string& text) {
  uLongf size = ::compressBound(text.size());
  std::string data(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(data.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
             text.size());
  data.resize(size);
  return fmt::format("{} ", text.size()) + data;
}

/// Empty for what packed() has not written.
std::string unpacked(const std::string& data) {
  const auto [digits, rest] = base::split_once(data, ' ');
  const auto size = base::parse_number<std::uint32_t>(digits).value_or(0);
  if (size > most_bytes) return {};
  std::string text(size, '\0');
  uLongf got = size;
  const auto* bytes = reinterpret_cast<const Bytef*>(rest.data());
  if (::uncompress(reinterpret_cast<Bytef*>(text.data()), &got, bytes, rest.size()) != Z_OK || got != size)
    return {};
  return text;
}

std::string text(const json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}
std::uint32_t count(const json::object& object, std::string_view name) {
  return object.at(name).to_number<std::uint32_t>();
}
Streams streams(const json::object& object) { return json::value_to<Streams>(object.at("streams")); }

Device device_from(const json::object& object) {
  Device device;
  device.name = text(object, "name");
  device.driver = text(object, "driver");
  device.streams = streams(object);
  device.username = text(object, "username");
  device.password = text(object, "password");
  device.transport = transport_from(text(object, "transport")).value_or(Transport::tcp);
  device.area = text(object, "area");
  device.description = text(object, "description");
  device.type = text(object, "type");
  device.manufacturer = text(object, "manufacturer");
  device.channel_count = count(object, "channel_count");
  device.inputs = count(object, "inputs");
  device.outputs = count(object, "outputs");
  device.heads = count(object, "heads");
  device.connected = object.at("connected").as_bool();
  if (object.contains("storage_server")) device.storage_server = text(object, "storage_server");
  if (object.contains("certificate")) device.certificate = text(object, "certificate");
  if (object.contains("cache_strategy")) device.cache_strategy = text(object, "cache_strategy");
  for (const auto& entry : object.at("channels").as_array()) {
    const json::object& one = entry.as_object();
    Channel channel{{},
                    text(one, "name"),
                    record_plan_from(text(one, "plan")).value_or(RecordPlan::none),
                    text(one, "stream"),
                    count(one, "number"),
                    streams(one)};
    if (one.contains("schedule")) channel.schedule = text(one, "schedule");
    if (one.contains("plan_enabled")) channel.plan_enabled = one.at("plan_enabled").as_bool();
    if (one.contains("keep_days")) channel.keep_days = one.at("keep_days").as_int64();
    if (one.contains("keep_bytes")) channel.keep_bytes = one.at("keep_bytes").as_int64();
    if (one.contains("disk_group"))
      channel.disk_group = std::clamp<std::int64_t>(one.at("disk_group").as_int64(), 1, most_disk_groups);
    device.channels.push_back(std::move(channel));
  }
  return device;
}

}  // namespace

Result<std::string> write_backup(const DeviceBackup& backup, const platform::SecretVault& vault) {
  json::array areas;
  for (const Area& area : backup.areas)
    areas.push_back({{"id", area.id}, {"parent", area.parent}, {"name", area.name}});
  json::array devices;
  for (const Device& device : backup.devices) devices.push_back(to_json(device));
  const json::object all{{"version", 1}, {"areas", std::move(areas)}, {"devices", std::move(devices)}};
  return vault.seal(packed(json::serialize(all)), purpose);
}

// What the vault opens was written here and is whole: members that are missing are a programming error, or a
// newer program's doing, and one answer does for both.
Result<DeviceBackup> read_backup(std::string_view sealed, const platform::SecretVault& vault) {
  const auto opened = vault.open_sealed(base::trim(sealed), purpose);
  if (!opened) return opened.error();
  try {
    const json::value all = json::parse(unpacked(*opened));
    DeviceBackup backup;
    for (const auto& entry : all.at("areas").as_array()) {
      const json::object& area = entry.as_object();
      backup.areas.push_back({area.at("id").as_int64(), area.at("parent").as_int64(), text(area, "name"), 1});
    }
    for (const auto& entry : all.at("devices").as_array())
      backup.devices.push_back(device_from(entry.as_object()));
    return backup;
  } catch (const std::exception& problem) {
    return Error{ErrorKind::corrupt, std::string("the backup cannot be read: ") + problem.what()};
  }
}

bool is_backup(std::string_view text) { return base::trim(text).starts_with("v1."); }

}  // namespace watchrig::central
