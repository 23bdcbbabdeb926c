#include "simulators/app/control_api.hpp"

#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace watchrig::rig {

namespace {

using http::PlainHandler;
using http::Request;
using http::Response;
using kernel::VirtualDevice;
namespace json = boost::json;

using DeviceMap = std::map<std::string, std::shared_ptr<VirtualDevice>>;
using DeviceHandler = Response (*)(VirtualDevice& device, const Request& request);

Response show(VirtualDevice& device, const Request&) { return http::json_response(200, device.status()); }

Response show_faults(VirtualDevice& device, const Request&) {
  return http::json_response(200, device.faults());
}

Response inject(VirtualDevice& device, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto fault = device.inject(*body);
  return fault ? http::json_response(201, *fault) : http::error_response(fault.error());
}

Response change(VirtualDevice& device, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto state = device.change(*body);
  return state ? http::json_response(200, *state) : http::error_response(state.error());
}

Response withdraw_all(VirtualDevice& device, const Request&) {
  return http::json_response(200, json::object{{"ended", device.withdraw_all()}});
}

Response withdraw(VirtualDevice& device, const Request& request) {
  const auto withdrawn = device.withdraw(request.param("fault"));
  return withdrawn ? http::json_response(200, json::object{{"ended", 1}})
                   : http::error_response(withdrawn.error());
}

Response ledger(VirtualDevice& device, const Request& request) {
  auto text = device.ledger(request.query);
  if (!text) return http::error_response(text.error());
  Response response;
  response.body = std::move(*text);
  return response;
}

struct DeviceRoute {
  const char* method;
  const char* pattern;
  const char* summary;
  DeviceHandler handler;
};

constexpr DeviceRoute routes[] = {
    {"GET", "/devices/{id}", "How a device is", show},
    {"PUT", "/devices/{id}/state", "Something happens to a device", change},
    {"GET", "/devices/{id}/faults", "Faults in force and those that happened", show_faults},
    {"POST", "/devices/{id}/faults", "Put a fault in force", inject},
    {"DELETE", "/devices/{id}/faults", "End all faults", withdraw_all},
    {"DELETE", "/devices/{id}/faults/{fault}", "End one fault", withdraw},
    {"GET", "/devices/{id}/ledger", "What a device really did", ledger},
};

PlainHandler on_device(std::shared_ptr<const DeviceMap> devices, DeviceHandler handler) {
  return [devices = std::move(devices), handler](const Request& request) {
    const auto device = devices->find(request.param("id"));
    if (device == devices->end()) {
      return http::error_response(404, "not_found", "id",
                                  fmt::format("the rig has no device \"{}\"", request.param("id")));
    }
    return handler(*device->second, request);
  };
}

}  // namespace

void add_control_routes(http::Router& router, const Devices& devices) {
  auto by_id = std::make_shared<DeviceMap>();
  for (const auto& device : devices) by_id->emplace(device->id(), device);
  router.add_plain("GET", "/devices", {}, "All devices", [devices](const Request&) {
    json::array list;
    for (const auto& device : devices) list.push_back(device->status());
    return http::json_response(200, json::object{{"devices", std::move(list)}});
  });
  for (const DeviceRoute& route : routes) {
    router.add_plain(route.method, route.pattern, {}, route.summary, on_device(by_id, route.handler));
  }
}

}  // namespace watchrig::rig
