// Inputs and relay outputs of devices.
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/devices/onvif/onvif_io.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using devices::DigitalIo;
using devices::RelayOutput;
using devices::RelaySettings;
using http::Request;
using http::Response;

namespace {

constexpr std::int64_t shortest_ms = 100, longest_ms = 600'000;
/// Of one question to a device, real time: one that tells no states is not waited for.
constexpr auto patience = std::chrono::seconds(3);

const char* state_of(const std::optional<bool>& active) {
  return !active ? "unknown" : *active ? "active" : "inactive";
}

json::object output_json(const RelayOutput& output) {
  const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(output.settings.delay).count();
  return {{"id", output.token},
          {"mode", output.settings.monostable ? "monostable" : "bistable"},
          {"delay_ms", delay},
          {"idle", output.settings.idle_closed ? "closed" : "open"},
          {"state", state_of(output.active)}};
}

json::object io_json(const DigitalIo& io) {
  json::array inputs, outputs;
  for (const auto& input : io.inputs) {
    json::object object{{"id", input.token}, {"state", state_of(input.active)}};
    if (input.idle_closed) object["idle"] = *input.idle_closed ? "closed" : "open";
    inputs.push_back(std::move(object));
  }
  for (const auto& output : io.outputs) outputs.push_back(output_json(output));
  return {{"supported",
           {{"inputs", devices::to_string(io.has_inputs)}, {"outputs", devices::to_string(io.has_outputs)}}},
          {"inputs", std::move(inputs)},
          {"outputs", std::move(outputs)}};
}

struct Asked {
  central::DevicePtr device;
  devices::OnvifClient::Options contact;
};

base::Result<Asked> asked_device(const ServerParts& parts, const Request& request) {
  auto device = parts.central.registry().find(request.param("device"));
  if (!device) return device.error();
  auto contact = onvif_contact(parts.central, **device, (*device)->streams.at("main"), trace_name(request));
  if (!contact) return contact.error();
  contact->deadline = patience;
  return Asked{*device, *std::move(contact)};
}

/// The output that a request names, as the device has it now. Errors: not_found, those of read_io.
asio::awaitable<base::Result<RelayOutput>> asked_output(ServerParts& parts, Asked asked, std::string token) {
  const auto io = co_await devices::read_io(parts.clock, asked.contact);
  if (!io) co_return device_failure(io.error());
  const auto found = std::ranges::find(io->outputs, token, &RelayOutput::token);
  if (found != io->outputs.end()) co_return *found;
  co_return base::Error{base::ErrorKind::not_found,
                        fmt::format("device \"{}\" has no output \"{}\"", asked.device->name, token)};
}

asio::awaitable<Response> show(ServerParts& parts, Request request) {
  const auto asked = asked_device(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  const auto io = co_await devices::read_io(parts.clock, asked->contact);
  if (!io) co_return http::error_response(device_failure(io.error()));
  co_return http::json_response(200, io_json(*io));
}

asio::awaitable<Response> switch_one(ServerParts& parts, Request request) {
  BodyFields fields(request);
  fields.require("active");
  const bool active = fields.flag("active", false);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const auto asked = asked_device(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  const auto token = request.param("output");
  const auto output = co_await asked_output(parts, *asked, token);
  if (!output) co_return http::error_response(output.error());
  const auto done = co_await devices::switch_output(parts.clock, asked->contact, token, active);
  const auto* wanted = active ? "active" : "inactive";
  if (!done) {
    // Without an answer it may have switched: a door that opened is to be found in the log.
    if (done.error().kind != base::ErrorKind::denied && done.error().kind != base::ErrorKind::unsupported)
      tell_device(parts, "device.output-unanswered", request, *asked->device,
                  fmt::format("was told to have its output \"{}\" {} and gave no good answer, so that nobody "
                              "knows whether it has: {}",
                              token, wanted, done.error().message));
    co_return http::error_response(device_failure(done.error()));
  }
  tell_device_setting(parts, "device.output-switched", request, *asked->device,
                      fmt::format("has its output \"{}\" {}", token, wanted),
                      {{"state", state_of(output->active)}}, {{"state", wanted}});
  co_return http::no_content();
}

/// What a body changes of the settings.
RelaySettings wished(BodyFields& fields, RelaySettings settings) {
  const auto mode = fields.text("mode", settings.monostable ? "monostable" : "bistable"),
             idle = fields.text("idle", settings.idle_closed ? "closed" : "open");
  if (mode != "monostable" && mode != "bistable") fields.refuse("mode", "must be monostable or bistable");
  if (idle != "open" && idle != "closed") fields.refuse("idle", "must be open or closed");
  settings.monostable = mode == "monostable";
  settings.idle_closed = idle == "closed";
  if (fields.body().contains("delay_ms"))
    settings.delay = std::chrono::milliseconds(fields.number("delay_ms", shortest_ms, longest_ms));
  fields.no_others();
  return settings;
}

asio::awaitable<Response> change_one(ServerParts& parts, Request request) {
  BodyFields fields(request);
  wished(fields, {});
  if (fields.error()) co_return error_response(*fields.error());
  const auto asked = asked_device(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  const auto token = request.param("output");
  const auto before = co_await asked_output(parts, *asked, token);
  if (!before) co_return http::error_response(before.error());
  const auto settings = wished(fields, before->settings);
  const auto done = co_await devices::set_output(parts.clock, asked->contact, token, settings);
  if (!done) co_return http::error_response(device_failure(done.error()));
  const auto after = co_await asked_output(parts, *asked, token);
  if (!after) co_return http::error_response(after.error());
  tell_device_setting(parts, "device.output-changed", request, *asked->device,
                      fmt::format("has other settings of its output \"{}\"", token), output_json(*before),
                      output_json(*after));
  co_return http::json_response(200, output_json(*after));
}

}  // namespace

void add_io_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"}, switching{"outputs"};
  const std::string path = "/api/v1/devices/{device}";
  router.add("GET", path + "/io", switching,
             "The digital inputs and relay outputs of a device with their states (active, inactive, unknown)",
             [&parts](Request request) { return show(parts, std::move(request)); });
  router.add("PUT", path + "/outputs/{output}/state", switching,
             "Switches a relay output; a monostable one falls back by itself",
             [&parts](Request request) { return switch_one(parts, std::move(request)); });
  router.add("PATCH", path + "/outputs/{output}", guard,
             "Sets how a relay output behaves: mode, delay_ms (100 to 600000) and the idle state",
             [&parts](Request request) { return change_one(parts, std::move(request)); });
}

}  // namespace watchrig::api
