#include "system/api/device_requests.hpp"

#include <algorithm>
#include <mutex>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/base/log.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Channel;
using central::Device;
using central::FieldError;
using central::FieldResult;

namespace {

json::object streams_json(const central::Streams& streams) {
  json::object object;
  for (const auto& [name, address] : streams) object[name] = address;
  return object;
}

json::object to_json(const Channel& channel) {
  json::object object{{"id", channel.id}, {"name", channel.name}, {"number", channel.number}};
  if (!channel.streams.empty()) object["streams"] = streams_json(channel.streams);
  return object;
}

FieldResult<central::Streams> streams_from(const json::object& object, const std::string& prefix) {
  FieldReader fields(object, prefix);
  central::Streams streams;
  for (const auto stream : media::stream_names) {
    const std::string name(stream);
    const bool needed = stream == media::main_stream;
    auto address = needed ? fields.text(name) : fields.text(name, "");
    if (needed || !address.empty()) streams[name] = std::move(address);
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return streams;
}

/// Refuses what does not fit in 32 bits here, the rest by the rules of a device.
std::uint32_t count_of(FieldReader& fields, const std::string& name, std::uint32_t before) {
  const auto number = fields.number(name, before);
  if (number < 0 || number > INT32_MAX) fields.refuse(name, "is out of range");
  return static_cast<std::uint32_t>(number);
}

FieldResult<std::vector<Channel>> channels_from(const json::value& value) {
  if (!value.is_array() || value.get_array().size() > Device::most_channels) {
    return FieldError{"channels",
                      {base::ErrorKind::invalid, "channels must be a list of at most 256 objects"}};
  }
  std::vector<Channel> channels;
  for (const auto& entry : value.get_array()) {
    if (!entry.is_object())
      return FieldError{"channels", {base::ErrorKind::invalid, "channels must be a list of objects"}};
    auto channel = channel_from(entry.get_object(), "channels.");
    if (!channel) return channel.error();
    channels.push_back(std::move(*channel));
  }
  return channels;
}

/// Everything but name, addresses, password and channels.
void read_texts(FieldReader& fields, Device& device) {
  device.driver = fields.text("driver", device.driver);
  if (!central::find_driver(device.driver))
    fields.refuse("driver", "must be private, onvif, axis, sony or rtsp");
  device.username = fields.text("username", device.username);
  device.area = fields.text("area", device.area);
  device.description = fields.text("description", device.description);
  device.type = fields.text("type", device.type);
  device.manufacturer = fields.text("manufacturer", device.manufacturer);
  device.channel_count = count_of(fields, "channel_count", device.channel_count);
  device.inputs = count_of(fields, "inputs", device.inputs);
  device.outputs = count_of(fields, "outputs", device.outputs);
  device.heads = count_of(fields, "heads", device.heads);
  device.connected = fields.flag("connected", device.connected);
  device.storage_server = fields.text("storage_server", device.storage_server);
  device.certificate = fields.text("certificate", device.certificate);
  device.cache_strategy = fields.text("cache_strategy", device.cache_strategy);
  const auto transport =
      central::transport_from(fields.text("transport", std::string(to_string(device.transport))));
  if (!transport) fields.refuse("transport", "must be tcp, udp or http");
  device.transport = transport.value_or(device.transport);
}

/// An address with all that there is to it:
/// rtsp://user:password@host:port/cam/realmonitor?channel=1&subtype=0 (IVSS 5.4.2.2). The registry takes the
/// account out of it.
FieldResult<void> set_whole_address(const json::object& body, std::string address, Device& device) {
  if (body.contains("port") || body.contains("streams") || body.contains("tls"))
    return FieldError{"address", {base::ErrorKind::invalid, "leave out port, tls and streams: it has them"}};
  const auto scheme = address.find(':');
  for (std::size_t i = 0; i < scheme; ++i) {
    if (address[i] >= 'A' && address[i] <= 'Z') address[i] += 'a' - 'A';
  }
  device.streams = {{"main", std::move(address)}};
  return {};
}

/// Full addresses, or host and port alone. `fresh`: what addresses it has are not of its driver.
FieldResult<void> read_addresses(const json::object& body, FieldReader& fields, Device& device, bool fresh) {
  const json::object streams = fields.object("streams");
  const auto* driver = central::find_driver(device.driver);
  auto address =
      fresh ? central::DeviceAddress{{}, driver ? driver->port : std::uint16_t{554}} : address_of(device);
  const bool has_address = body.contains("address") || body.contains("port") || body.contains("tls");
  const bool tls = fields.flag("tls", address.tls.value_or(false));
  if (driver && tls != address.tls.value_or(false)) address.port = tls ? driver->tls_port() : driver->port;
  address.tls = tls;
  address.host = fields.text("address", address.host);
  const auto port = fields.number("port", address.port);
  if (port < 1 || port > 65535) fields.refuse("port", "must be 1 to 65535");
  if (fields.error()) return *fields.error();
  address.port = static_cast<std::uint16_t>(port);
  if (body.contains("streams") || (fresh && !has_address)) {
    if (has_address)
      return FieldError{"address", {base::ErrorKind::invalid, "give either streams, or address and port"}};
    auto read = streams_from(streams, "streams.");
    if (!read) return read.error();
    device.streams = *std::move(read);
  } else if (address.host.find("://") != std::string::npos) {
    return set_whole_address(body, std::move(address.host), device);
  } else if (has_address) {
    if (fresh) device.streams = central::usual_streams(device.driver, {"0.0.0.0", address.port});
    return set_address(device, address);
  }
  return {};
}

FieldResult<void> read_device(const json::object& body, Device& device, bool is_new) {
  FieldReader fields(body);
  const std::string driver_before = device.driver;
  device.name = fields.text("name", is_new ? std::nullopt : std::optional(device.name));
  read_texts(fields, device);
  if (body.contains("password")) {
    device.password = fields.text("password");
    device.password_lost = false;
  }
  if (auto read = read_addresses(body, fields, device, is_new || device.driver != driver_before); !read)
    return read.error();
  if (const auto* channels = is_new ? body.if_contains("channels") : nullptr) {
    fields.known("channels");
    auto read = channels_from(*channels);
    if (!read) return read.error();
    device.channels = *std::move(read);
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return {};
}

/// Two changes of a device must not leave channels of the older one.
std::mutex restarting;

/// Nothing has changed that its connections or its name depend on, so that a recording goes on undisturbed.
bool stays_connected(const Device& before, const Channel& channel, const Device& after) {
  const auto same = std::ranges::find(after.channels, channel.id, &Channel::id);
  return same != after.channels.end() && after.connected && same->name == channel.name &&
         before.driver == after.driver && before.username == after.username &&
         before.password == after.password && before.transport == after.transport &&
         before.certificate == after.certificate &&
         (before.cache_strategy == after.cache_strategy || after.transport != central::Transport::udp) &&
         streams_of(before, channel) == streams_of(after, *same);
}

}  // namespace

FieldResult<Channel> channel_from(const json::object& body, const std::string& prefix) {
  FieldReader fields(body, prefix);
  Channel channel;
  channel.number = count_of(fields, "number", 1);
  channel.name = fields.text("name", "");
  const json::object streams = fields.object("streams");
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (streams.empty()) return channel;
  auto own = streams_from(streams, prefix + "streams.");
  if (!own) return own.error();
  channel.streams = *std::move(own);
  return channel;
}

FieldResult<void> change_channel(const json::object& body, Channel& channel) {
  FieldReader fields(body);
  channel.name = fields.text("name", channel.name);
  // Protocol RTSP fixes the type (micro-centre 3.3.1.1).
  if (fields.text("type", "video") != "video")
    fields.refuse("type", "must be video: an RTSP channel yields no single images");
  const json::object streams = fields.object("streams");
  fields.no_others();
  if (fields.error()) return *fields.error();
  if (!body.contains("streams")) return {};
  channel.streams.clear();
  if (streams.empty()) return {};
  auto own = streams_from(streams, "streams.");
  if (!own) return own.error();
  channel.streams = *std::move(own);
  return {};
}

FieldError of_channel(FieldError error) {
  constexpr std::string_view prefix = "channels.";
  if (error.field.starts_with(prefix)) error.field.erase(0, prefix.size());
  return error;
}

FieldError of_address(FieldError error, const json::object& body) {
  if (error.field == "streams.main" && body.contains("address")) error.field = "address";
  return error;
}

DeviceState state_of(const ServerParts& parts, const Device& device) {
  if (!device.connected) return {"disconnected", "an operator has disconnected it"};
  auto known = parts.central.channel_states().of(device);
  if (device.password_lost && known.state != "online")
    return {"offline", "its password cannot be read any more, because the key file was lost: enter it again"};
  return {std::move(known.state), std::move(known.cause)};
}

json::object entered(const Device& device) {
  json::array channels;
  for (const auto& channel : device.channels) channels.push_back(to_json(channel));
  const auto address = address_of(device);
  return {{"id", device.id},
          {"name", device.name},
          {"driver", device.driver},
          {"streams", streams_json(device.streams)},
          {"username", device.username},
          {"transport", to_string(device.transport)},
          {"certificate", device.certificate},
          {"cache_strategy", device.cache_strategy},
          {"channels", std::move(channels)},
          {"address", address.host},
          {"port", address.port},
          {"tls", address.tls.value_or(false)},
          {"area", device.area},
          {"description", device.description},
          {"type", device.type},
          {"manufacturer", device.manufacturer},
          {"channel_count", device.channel_count},
          {"inputs", device.inputs},
          {"outputs", device.outputs},
          {"heads", device.heads},
          {"connected", device.connected},
          {"storage_server", device.storage_server}};
}

json::object to_json(const ServerParts& parts, const Device& device) {
  auto object = entered(device);
  auto state = state_of(parts, device);
  object["link"] = "self-adaptive";
  object["state"] = std::move(state.state);
  object["cause"] = std::move(state.cause);
  return object;
}

FieldResult<Device> device_from(const json::object& body) {
  Device device;
  if (auto read = read_device(body, device, true); !read) return read.error();
  return device;
}

FieldResult<void> change_device(const json::object& body, Device& device) {
  const std::string name = device.name;
  if (auto read = read_device(body, device, false); !read) return read;
  // The only channel is called as its device until somebody names it otherwise.
  if (device.channels.size() == 1 && device.channels.front().name == name)
    device.channels.front().name = device.name;
  return {};
}

namespace {

void unbind(ServerParts& parts, const Device& device, const std::vector<std::string>& channels) {
  if (channels.empty()) return;
  const auto told = parts.storage_orders.unbind(device.id, channels);
  if (!told) base::log_error("device \"{}\": {}", device.name, told.error().message);
}

}  // namespace

void restart_channels(ServerParts& parts, const central::DeviceRegistry::Changed& changed) {
  const std::lock_guard lock(restarting);
  const Device& before = *changed.before;
  // What is there now, not what this change has made of it: another one may have come since.
  const auto now = parts.central.registry().find(before.id);
  std::vector<std::string> gone;
  for (const Channel& channel : before.channels) {
    if (!now || !stays_connected(before, channel, **now)) gone.push_back(channel.id);
  }
  unbind(parts, before, gone);
  if (now) parts.activate(**now, true);
}

void reconnect_channels(ServerParts& parts, const Device& device) {
  const std::lock_guard lock(restarting);
  std::vector<std::string> all;
  for (const Channel& channel : device.channels) all.push_back(channel.id);
  unbind(parts, device, all);
  if (const auto now = parts.central.registry().find(device.id)) parts.activate(**now, true);
}

json::object error_json(const FieldError& error) {
  json::object object{{"code", base::to_string(error.error.kind)}, {"message", error.error.message}};
  if (!error.field.empty()) object["field"] = error.field;
  return object;
}

}  // namespace watchrig::api
