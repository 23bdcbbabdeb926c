#include <algorithm>
#include <map>
#include <memory>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_refresh.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/etag.hpp"
#include "system/api/paging.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Device;
using central::FieldError;
using http::Request;
using http::Response;

namespace {

Response show(const ServerParts& parts, int status, const Device& device) {
  return with_etag(http::json_response(status, to_json(parts, device)), device.version);
}

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {base::ErrorKind::invalid, std::move(message)}};
}

/// Name, host, driver and type of the query, and the order.
central::FieldResult<central::DeviceQuery> plain_query_of(const Request& request) {
  const auto page = page_of(request);
  if (!page) return page.error();
  central::DeviceQuery query;
  query.offset = page->offset;
  query.limit = page->limit;
  query.text = request.query_value("q").value_or("");
  query.address = request.query_value("address").value_or("");
  query.driver = request.query_value("driver").value_or("");
  query.type = request.query_value("type").value_or("");
  query.storage_server = request.query_value("storage_server");
  std::string order = request.query_value("sort").value_or("id");
  query.descending = order.starts_with('-');
  const auto sort = central::device_sort_from(query.descending ? order.substr(1) : order);
  if (!sort)
    return refuse("sort",
                  "sort must be id, name, address, area, driver or type, with - in front for descending");
  query.sort = *sort;
  return query;
}

central::FieldResult<central::DeviceQuery> query_of(ServerParts& parts, const Request& request) {
  auto query = plain_query_of(request);
  if (!query) return query;
  query->in_area = own_areas(parts, request);
  if (const auto area = request.query_value("area")) {
    const auto wanted = central::number_of_id(*area, 'a');
    if (parts.central.registry().area_path(wanted).empty())
      return refuse("area", fmt::format("there is no area \"{}\"", *area));
    query->in_area = [&parts, wanted, own = std::move(query->in_area),
                      known = std::map<std::int64_t, bool>()](std::int64_t id) mutable {
      const auto [it, is_new] = known.try_emplace(id, false);
      if (is_new) {
        const auto path = parts.central.registry().area_path(id);
        it->second = std::ranges::find(path, wanted) != path.end() && own(id);
      }
      return it->second;
    };
  }
  if (const auto state = request.query_value("state")) {
    if (*state != "online" && *state != "offline") return refuse("state", "state must be online or offline");
    query->accept = [&parts, online = *state == "online"](const Device& device) {
      return (device.connected && parts.central.channel_states().is_online(device)) == online;
    };
  }
  return query;
}

Response list_devices(ServerParts& parts, const Request& request) {
  const auto query = query_of(parts, request);
  if (!query) return error_response(query.error());
  const auto page = parts.central.registry().list(*query);
  json::array devices;
  for (const auto& device : page.items) devices.push_back(to_json(parts, *device));
  return http::json_response(
      200, page_json("devices", std::move(devices), page.total, {query->offset, query->limit}));
}

Response show_information(ServerParts& parts, const Request& request) {
  const auto information = information_of(parts.central, request.param("device"));
  if (!information) return http::error_response(information.error());
  return http::json_response(200, *information);
}

Response add_device(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  auto device = device_from(*body);
  if (!device) return error_response(device.error());
  if (const auto own = check_area(parts, request, device->area); !own) return error_response(own.error());
  const auto added = parts.central.registry().add(std::move(*device));
  if (!added) return error_response(of_address(added.error(), *body));
  parts.activate(**added, false);
  tell_device(parts, "device.added", request, **added, "was added");
  return show(parts, 201, **added);
}

Response find_device(ServerParts& parts, const Request& request) {
  const auto device = parts.central.registry().find(request.param("device"));
  return device ? show(parts, 200, **device) : http::error_response(device.error());
}

/// What a device tells of itself is written by nobody (IVSS 8.2.1.1).
central::FieldResult<void> check_told(const json::object& told, const json::object& body) {
  constexpr std::pair<const char*, const char*> counts[] = {{"inputs", "alarm_inputs"},
                                                            {"outputs", "alarm_outputs"}};
  for (const auto& [field, name] : counts) {
    const auto* wanted = body.if_contains(field);
    const auto* is = told.if_contains(name);
    if (!wanted || !is || !is->is_int64() || *wanted == *is) continue;
    return refuse(field,
                  fmt::format("the device tells that it has {}; that is not written here", is->get_int64()));
  }
  return {};
}

Response change_one(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto told = information_of(parts.central, request.param("device"));
  if (!told) return http::error_response(told.error());
  if (auto refused = check_told(*told, *body); !refused) return error_response(refused.error());
  const auto changed = parts.central.registry().change(
      request.param("device"), [&](Device& device) -> central::FieldResult<void> {
        if (auto matches = check_if_match(request, device.version); !matches) return matches;
        if (auto done = change_device(*body, device); !done) return done;
        return check_area(parts, request, device.area);
      });
  if (!changed) return error_response(of_address(changed.error(), *body));
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed, "was changed");
  return show(parts, 200, *changed->after);
}

Response remove_device(ServerParts& parts, const Request& request) {
  const auto removed = parts.central.registry().remove(
      request.param("device"), [&](Device& device) { return check_if_match(request, device.version); });
  if (!removed) return error_response(removed.error());
  restart_channels(parts, {*removed, nullptr});
  tell_device(parts, "device.removed", request, **removed, "was removed; its recordings stay");
  return http::no_content();
}

/// By hand, and kept over restarts (IVSS 8.2.2.4).
Response set_connection(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  fields.require("connected");
  const bool connected = fields.flag("connected", true);
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  bool was = false;
  const auto changed = parts.central.registry().change(request.param("device"),
                                                       [&](Device& device) -> central::FieldResult<void> {
                                                         was = std::exchange(device.connected, connected);
                                                         return {};
                                                       });
  if (!changed) return error_response(changed.error());
  if (was != connected) {
    restart_channels(parts, *changed);
    tell_device_change(parts, request, *changed,
                       connected ? "was connected by hand" : "was disconnected by hand",
                       connected ? "device.connected" : "device.disconnected");
  }
  return show(parts, 200, *changed->after);
}

/// Another channel of a device that has several (micro-centre 3.3.1.2).
/// That the device has told of.
std::uint32_t video_inputs(const json::object& told) {
  const auto* count = told.if_contains("video_inputs");
  const bool is_known = count && count->is_int64() && count->get_int64() > 0;
  return is_known
             ? static_cast<std::uint32_t>(std::min<std::int64_t>(count->get_int64(), Device::most_channels))
             : 0U;
}

Response add_channel(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  auto channel = channel_from(*body);
  if (!channel) return error_response(channel.error());
  const auto number = channel->number;
  const auto told = information_of(parts.central, request.param("device"));
  if (!told) return http::error_response(told.error());
  if (auto refused = check_told(*told, *body); !refused) return error_response(refused.error());
  const auto inputs = video_inputs(*told);
  const auto changed = parts.central.registry().change(
      request.param("device"), [&](Device& device) -> central::FieldResult<void> {
        if (auto matches = check_if_match(request, device.version); !matches) return matches;
        if (number <= inputs) device.channel_count = std::max(device.channel_count, inputs);
        device.channels.push_back(*channel);
        return {};
      });
  if (!changed) return error_response(of_channel(changed.error()));
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed, fmt::format("has got channel {}", number));
  return show(parts, 201, *changed->after);
}

}  // namespace

void add_device_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  // Changes wait for the disk, and for the storage to take its channels; lists sort all devices.
  router.add("GET", "/api/v1/devices", guard, "Devices with their states", on_workers(parts, list_devices))
      .query = paged({{"q", "part of the name"},
                      {"address", "part of the IP address or host"},
                      {"state", "online or offline"},
                      {"area", "the area, with those below it"},
                      {"driver", "the driver"},
                      {"type", "devices, ipc, nvr, dvr, dvs or other"},
                      {"storage_server", "the storage server they are tied to; empty: none"},
                      {"sort", "id, name, address, area, driver or type; - in front for descending"}});
  router.add("POST", "/api/v1/devices", guard, "Adds a device by its RTSP addresses, or by host and port",
             on_workers(parts, add_device));
  router.add("GET", "/api/v1/devices/{device}", guard, "One device", on_workers(parts, find_device));
  router.add("GET", "/api/v1/devices/{device}/information", guard,
             "What the device told of itself when it was last asked: identity, inputs and outputs, abilities",
             on_workers(parts, show_information));
  router.add("PATCH", "/api/v1/devices/{device}", guard,
             "Changes what the body names; its channels connect anew", on_workers(parts, change_one));
  router.add("DELETE", "/api/v1/devices/{device}", guard, "Removes a device; its recordings stay",
             on_workers(parts, remove_device));
  router.add("PUT", "/api/v1/devices/{device}/connection", guard, "Connects or disconnects a device by hand",
             on_workers(parts, set_connection));
  router.add("POST", "/api/v1/devices/{device}/channels", guard, "Adds a further channel of the device",
             on_workers(parts, add_channel));
}

}  // namespace watchrig::api
