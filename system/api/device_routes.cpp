#include <boost/json/array.hpp>

#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// A device as clients see it: without its password.
json::object to_json(const central::Device& device) {
  json::object streams;
  for (const auto& [name, address] : device.streams) streams[name] = address;
  json::array channels;
  for (const auto& channel : device.channels)
    channels.push_back({{"id", channel.id}, {"name", channel.name}});
  return {{"id", device.id},
          {"name", device.name},
          {"driver", device.driver},
          {"streams", std::move(streams)},
          {"username", device.username},
          {"transport", to_string(device.transport)},
          {"channels", std::move(channels)}};
}

central::FieldResult<central::Device> device_from(const json::object& body) {
  FieldReader fields(body);
  central::Device device;
  device.name = fields.text("name");
  device.driver = fields.text("driver", "rtsp");
  device.username = fields.text("username", "");
  device.password = fields.text("password", "");
  const auto transport = central::transport_from(fields.text("transport", "tcp"));
  if (!transport) fields.refuse("transport", "must be tcp or udp");
  const json::object streams = fields.object("streams");
  fields.no_others();
  FieldReader stream_fields(streams, "streams.");
  device.streams["main"] = stream_fields.text("main");
  if (const auto sub = stream_fields.text("sub", ""); !sub.empty()) device.streams["sub"] = sub;
  stream_fields.no_others();
  if (fields.error()) return *fields.error();
  if (stream_fields.error()) return *stream_fields.error();
  device.transport = *transport;
  return device;
}

Response add_device(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  auto device = device_from(*body);
  if (!device) return error_response(device.error());
  const auto added = parts.registry.add(std::move(*device));
  if (!added) return error_response(added.error());
  parts.activate(*added, false);
  const auto& channel = added->channels.front();
  parts.events.append(
      {0, {}, "device.added", channel.id, channel.name, {}, "device \"" + added->name + "\" was added", {}});
  return http::json_response(201, to_json(*added));
}

Response remove_device(ServerParts& parts, const Request& request) {
  const auto removed = parts.registry.remove(request.param("device"));
  if (!removed) return http::error_response(removed.error());
  for (const auto& channel : removed->channels) parts.channels.remove(channel.id);
  parts.events.append({0,
                       {},
                       "device.removed",
                       removed->channels.front().id,
                       removed->name,
                       {},
                       "device \"" + removed->name + "\" was removed; its recordings stay",
                       {}});
  return http::no_content();
}

}  // namespace

void add_device_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/devices", {"devices"}, "All devices", [&parts](const Request&) {
    json::array devices;
    for (const auto& device : parts.registry.devices()) devices.push_back(to_json(device));
    return http::json_response(200, json::object{{"devices", std::move(devices)}});
  });
  router.add_plain("POST", "/api/v1/devices", {"devices"}, "Adds a device by its RTSP addresses",
                   [&parts](const Request& request) { return add_device(parts, request); });
  router.add_plain(
      "GET", "/api/v1/devices/{device}", {"devices"}, "One device", [&parts](const Request& request) {
        const auto device = parts.registry.find(request.param("device"));
        return device ? http::json_response(200, to_json(*device)) : http::error_response(device.error());
      });
  router.add_plain("DELETE", "/api/v1/devices/{device}", {"devices"}, "Removes a device; its recordings stay",
                   [&parts](const Request& request) { return remove_device(parts, request); });
}

}  // namespace watchrig::api
