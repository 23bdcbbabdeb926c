#include <boost/json/array.hpp>

#include "system/api/batch_rows.hpp"
#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_refresh.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/place_requests.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace json = boost::json;
using central::Device;
using central::DevicePtr;
using central::FieldError;
using central::FieldResult;
using http::Request;
using http::Response;

namespace {

FieldError refuse(std::string field, std::string message) {
  return {std::move(field), {base::ErrorKind::invalid, std::move(message)}};
}

Response add_several(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto* member = fields.member("devices");
  fields.no_others();
  if (fields.error()) return error_response(*fields.error());
  const auto* list = member ? member->if_array() : nullptr;
  if (!list || list->empty() || list->size() > most_rows)
    return error_response(refuse("devices", "devices must be a list of 1 to 1000 devices"));
  std::vector<FieldResult<Device>> read;
  std::vector<Device> good;
  for (const auto& entry : *list) {
    read.push_back(entry.is_object() ? device_from(entry.get_object())
                                     : FieldResult<Device>(refuse({}, "must be an object")));
    if (!read.back()) continue;
    if (const auto own = check_area(parts, request, read.back()->area); !own) read.back() = own.error();
    if (read.back()) good.push_back(*read.back());
  }
  const auto added = parts.central.registry().add(std::move(good));
  json::array rows;
  std::size_t count = 0;
  for (auto next = added.begin(); const auto& entry : read) {
    const auto row_number = rows.size() + 1;
    const auto result = entry ? *next++ : FieldResult<DevicePtr>(entry.error());
    if (!result) {
      const auto* body = (*list)[row_number - 1].if_object();
      const auto error = body ? of_address(result.error(), *body) : result.error();
      rows.push_back({{"row", row_number}, {"error", error_json(error)}});
      continue;
    }
    ++count;
    parts.activate(**result, false);
    tell_device(parts, "device.added", request, **result, "was added");
    rows.push_back({{"row", row_number}, {"id", (*result)->id}, {"name", (*result)->name}});
  }
  return http::json_response(200, json::object{{"added", count}, {"rows", std::move(rows)}});
}

Response remove_several(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto ids = ids_of(fields, "devices");
  if (!ids) return error_response(ids.error());
  return for_each_id(*ids, "removed", [&](const std::string& id) -> FieldResult<void> {
    const auto removed =
        parts.central.registry().remove(id, [&](Device&) { return check_device(parts, request, id); });
    if (!removed) return removed.error();
    restart_channels(parts, {*removed, nullptr});
    tell_device(parts, "device.removed", request, **removed, "was removed; its recordings stay");
    return {};
  });
}

Response change_several(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const json::object change = fields.object("change");
  const auto ids = ids_of(fields, "devices");
  if (!ids) return error_response(ids.error());
  if (change.empty() || change.contains("name"))
    return error_response(refuse("change", "change must name what all get; names differ"));
  return for_each_id(*ids, "changed", [&](const std::string& id) -> FieldResult<void> {
    const auto changed = parts.central.registry().change(id, [&](Device& device) -> FieldResult<void> {
      if (auto own = check_device(parts, request, id); !own) return own;
      if (auto done = change_device(change, device); !done) return done;
      return check_area(parts, request, device.area);
    });
    if (!changed) return of_address(changed.error(), change);
    restart_channels(parts, *changed);
    tell_device_change(parts, request, *changed, "was changed");
    return {};
  });
}

/// The caller's own devices of these ids; each of the others gets its row at once.
std::vector<DevicePtr> own_devices(ServerParts& parts, const Request& request,
                                   const std::vector<std::string>& ids, json::array& rows) {
  std::vector<DevicePtr> found;
  for (const auto& id : ids) {
    const auto own = check_device(parts, request, id);
    const auto device = own ? parts.central.registry().find(id) : base::Result<DevicePtr>(own.error().error);
    if (device) found.push_back(*device);
    if (!device)
      rows.push_back({{"id", id}, {"status", "failed"}, {"error", error_json({{}, device.error()})}});
  }
  return found;
}

/// Platform manual 1.7.8: what is not online is connected anew, without waiting for its next attempt, and all
/// that can tell of themselves are asked.
boost::asio::awaitable<Response> refresh(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto ids = ids_of(fields, "devices");
  if (!ids) co_return error_response(ids.error());
  json::array rows;
  const auto found = own_devices(parts, request, *ids, rows);
  for (const auto& device : found) {
    const auto state = state_of(parts, *device).state;
    if (state != "online" && state != "disconnected") reconnect_channels(parts, *device);
  }
  const auto task = parts.central.tasks().add("devices.refresh", request.account);
  task->start();
  const auto results = co_await refresh_information(parts.central, parts.clock, found);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool can_tell = results[i] || results[i].error().kind != base::ErrorKind::unsupported;
    json::object row{{"id", found[i]->id}, {"status", results[i] ? "read" : can_tell ? "failed" : "asked"}};
    if (!results[i] && can_tell) row["error"] = error_json({{}, device_failure(results[i].error())});
    rows.push_back(std::move(row));
  }
  co_return http::json_response(200, json::object{{"asked", found.size()}, {"rows", std::move(rows)}});
}

std::string status_of(const base::Result<devices::ClockCheck>& result) {
  return !result ? "failed" : result->corrected ? "corrected" : "right";
}

/// Platform manual 1.7.9.
boost::asio::awaitable<Response> set_clocks(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto ids = ids_of(fields, "devices");
  if (!ids) co_return error_response(ids.error());
  json::array rows;
  const auto found = own_devices(parts, request, *ids, rows);
  const auto task = parts.central.tasks().add("devices.clocks", request.account);
  task->start();
  const ClockWish wish{request.account, request.source(), trace_name(request)};
  const auto results = co_await correct_clocks(parts.central, parts.clock, found, wish);
  std::size_t corrected = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    json::object row{{"id", found[i]->id}, {"status", status_of(results[i])}};
    if (results[i]) {
      row["offset_ms"] = std::chrono::round<std::chrono::milliseconds>(results[i]->offset).count();
      corrected += results[i]->corrected ? 1 : 0;
    } else {
      row["error"] = error_json({{}, results[i].error()});
    }
    rows.push_back(std::move(row));
  }
  co_return http::json_response(200, json::object{{"corrected", corrected}, {"rows", std::move(rows)}});
}

}  // namespace

void add_device_batch_routes(http::Router& router, ServerParts& parts) {
  using Work = Response (*)(ServerParts&, const Request&);
  const http::Guard guard{"devices"};
  const auto add = [&](std::string method, std::string path, std::string summary, Work work) {
    router.add(std::move(method), std::move(path), guard, std::move(summary), on_workers(parts, work));
  };
  add("POST", "/api/v1/devices/batch", "Adds several devices; each row has its own result", add_several);
  add("POST", "/api/v1/devices/removal", "Removes several devices by their ids", remove_several);
  add("PATCH", "/api/v1/devices", "Changes several devices alike by their ids", change_several);
  router.add("POST", "/api/v1/devices/refresh", guard,
             "Connects devices that are not online, at once, and asks all what they are",
             [&parts](Request request) { return refresh(parts, std::move(request)); });
  router.add("POST", "/api/v1/devices/clocks", guard,
             "Sets the clocks of devices that are off; each has its own result",
             [&parts](Request request) { return set_clocks(parts, std::move(request)); });
}

}  // namespace watchrig::api
