#include "system/api/device_audit.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_requests.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Channel;
using central::Device;

namespace {

/// For the log. What stands behind `?` in an address may be an account.
json::object facts_of(const Device& device) {
  auto facts = entered(device);
  for (auto& [name, address] : facts["streams"].as_object()) {
    const std::string_view text = address.as_string();
    if (const auto query = text.find('?'); query != std::string_view::npos)
      address = std::string(text.substr(0, query)) + "?…";
  }
  return facts;
}

/// The same where all of it is told, and a list of hundreds of channels would be in the way.
json::object short_facts_of(const Device& device) {
  auto facts = facts_of(device);
  if (device.channels.size() > 8) facts["channels"] = device.channels.size();
  return facts;
}

/// Channels at which nothing goes on any more.
json::array channels_gone(const Device& before, const Device* after) {
  json::array gone;
  for (const auto& channel : before.channels) {
    const bool stays = after && after->connected &&
                       std::ranges::find(after->channels, channel.id, &Channel::id) != after->channels.end();
    if (!stays) gone.push_back(json::value(channel.id));
  }
  return gone;
}

central::Event event_of(std::string type, const Device& device, std::string_view message) {
  const auto* channel = device.channels.empty() ? nullptr : &device.channels.front();
  central::Event event;
  event.type = std::move(type);
  event.channel = channel ? channel->id : std::string();
  event.channel_name = channel ? channel->name : device.name;
  event.message = fmt::format("device \"{}\" {}", device.name, message);
  event.data = {{"device", device.id}};
  return event;
}

}  // namespace

void tell_device(ServerParts& parts, std::string type, const http::Request& request, const Device& device,
                 std::string message) {
  auto event = event_of(std::move(type), device, message);
  if (event.type == "device.added") event.data["after"] = short_facts_of(device);
  if (event.type == "device.removed") {
    event.data["before"] = short_facts_of(device);
    event.data["channels_gone"] = channels_gone(device, nullptr);
  }
  tell(parts, request, std::move(event));
}

void tell_device_change(ServerParts& parts, const http::Request& request,
                        const central::DeviceRegistry::Changed& changed, std::string message,
                        std::string type) {
  auto event = event_of(std::move(type), *changed.after, message);
  add_difference(event.data, facts_of(*changed.before), facts_of(*changed.after));
  if (changed.before->connected) {
    auto gone = channels_gone(*changed.before, changed.after.get());
    if (!gone.empty()) event.data["channels_gone"] = std::move(gone);
  }
  // It is not told, but that it is another one is.
  if (changed.before->password != changed.after->password) event.data["password_changed"] = true;
  tell(parts, request, std::move(event));
}

void tell_device_setting(ServerParts& parts, std::string type, const http::Request& request,
                         const Device& device, std::string message, const json::object& before,
                         const json::object& after) {
  auto event = event_of(std::move(type), device, message);
  add_difference(event.data, before, after);
  tell(parts, request, std::move(event));
}

void tell_channel(ServerParts& parts, const http::Request& request, std::string type,
                  std::string_view message, json::object data) {
  central::Event event;
  event.type = std::move(type);
  event.channel = request.param("channel");
  const auto found = parts.central.registry().find_channel(event.channel);
  if (found) event.channel_name = found->channel->name;
  event.message = fmt::format("camera \"{}\" {}", event.channel_name, message);
  event.data = std::move(data);
  tell(parts, request, std::move(event));
}

}  // namespace watchrig::api
