// Digital inputs and relays: the DeviceIO service, and the older operations of the device service (ONVIF
// DeviceIO 5.4 to 5.6, ONVIF Core 8.6).
#include <fmt/format.h>

#include "simulators/camera/onvif/camera_io.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "tmd:Capabilities");
  const auto connectors = connectors_of(device);
  all.append_attribute("VideoSources") = connectors.video_sources;
  all.append_attribute("AudioSources") = connectors.audio_sources;
  all.append_attribute("AudioOutputs") = connectors.audio_outputs;
  all.append_attribute("RelayOutputs") = connectors.relays;
  all.append_attribute("DigitalInputs") = connectors.inputs;
  all.append_attribute("DigitalInputOptions") = "false";
  return {};
}

OnvifOutcome relay_outputs(const OnvifDevice& device, OnvifCall& call) {
  unsigned number = 0;
  for (const auto& relay : device.io->relays()) {
    auto node = add(call.answer, "tds:RelayOutputs");
    node.append_attribute("token") = CameraIo::relay_token(++number).c_str();
    auto properties = add(node, "tt:Properties");
    add(properties, "tt:Mode", relay.monostable ? "Monostable" : "Bistable");
    add(properties, "tt:DelayTime", protocols::xml_duration(relay.delay));
    add(properties, "tt:IdleState", relay.idle_closed ? "closed" : "open");
  }
  return {};
}

OnvifOutcome no_relay(std::string_view token) {
  return refuse({"ter:InvalidArgVal", "ter:RelayToken"}, fmt::format("there is no relay \"{}\"", token));
}

OnvifOutcome configure(const OnvifDevice& device, std::string_view token, pugi::xml_node properties) {
  const auto relay = device.io->relay_of(token);
  if (!relay) return no_relay(token);
  const auto mode = text_at(properties, "Mode"), idle = text_at(properties, "IdleState");
  const auto delay = protocols::parse_xml_duration(text_at(properties, "DelayTime"));
  const bool monostable = mode == "Monostable";
  if ((!monostable && mode != "Bistable") || (idle != "open" && idle != "closed"))
    return refuse({"ter:InvalidArgVal", "ter:ModeError"},
                  "a relay is Bistable or Monostable, open or closed");
  const bool usable = delay && *delay > base::Duration::zero() && *delay <= CameraIo::longest_delay;
  if (monostable && !usable)
    return refuse({"ter:InvalidArgVal", "ter:ModeError"}, "a relay returns after at most 60 s");
  device.io->configure(*relay, monostable, delay.value_or(base::Duration(std::chrono::seconds(1))),
                       idle == "closed");
  return {};
}

/// ONVIF Core 8.6.2: token and settings apart.
OnvifOutcome set_settings1(const OnvifDevice& device, OnvifCall& call) {
  return configure(device, text_at(call.request, "RelayOutputToken"), child(call.request, "Properties"));
}

OnvifOutcome set_settings2(const OnvifDevice& device, OnvifCall& call) {
  const auto relay = child(call.request, "RelayOutput");
  return configure(device, relay.attribute("token").value(), child(relay, "Properties"));
}

OnvifOutcome set_state(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "RelayOutputToken"), state = text_at(call.request, "LogicalState");
  const auto relay = device.io->relay_of(token);
  if (!relay) return no_relay(token);
  if (state != "active" && state != "inactive")
    return refuse({"ter:InvalidArgVal"}, "a relay is active or inactive");
  device.io->switch_relay(*relay, state == "active", device.now());
  return {};
}

OnvifOutcome relay_options(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "RelayOutputToken");
  if (!token.empty() && !device.io->relay_of(token)) return no_relay(token);
  for (unsigned number = 1; number <= device.io->relays().size(); ++number) {
    const auto own = CameraIo::relay_token(number);
    if (!token.empty() && token != own) continue;
    auto options = add(call.answer, "tmd:RelayOutputOptions");
    options.append_attribute("token") = own.c_str();
    add(options, "tmd:Mode", "Monostable");
    add(options, "tmd:Mode", "Bistable");
    add(options, "tmd:DelayTimes", "0.1 60");
    add(options, "tmd:Discrete", "false");
  }
  return {};
}

OnvifOutcome digital_inputs(const OnvifDevice& device, OnvifCall& call) {
  for (unsigned number = 1; number <= device.io->inputs(); ++number) {
    auto input = add(call.answer, "tmd:DigitalInputs");
    input.append_attribute("token") = CameraIo::input_token(number).c_str();
    input.append_attribute("IdleState") = "open";
  }
  return {};
}

/// Of a camera without an output there are none.
OnvifOutcome audio_outputs(const OnvifDevice& device, OnvifCall& call) {
  if (device.speaks_out) add(call.answer, "tmd:Token", audio_output);
  return {};
}

OnvifOutcome sources(const OnvifDevice& device, OnvifCall& call, std::string_view what) {
  for (unsigned source = 1; source <= device.sources; ++source)
    add(call.answer, "tmd:Token", device.token(what, source));
  return {};
}

}  // namespace

std::vector<OnvifOperation> relay_operations(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  return {
      {"GetRelayOutputs", read, [&d](OnvifCall& c) { return relay_outputs(d, c); }, "tds"},
      {"SetRelayOutputSettings", AccessClass::actuate, [&d](OnvifCall& c) { return set_settings1(d, c); },
       "tds"},
      {"SetRelayOutputState", AccessClass::actuate, [&d](OnvifCall& c) { return set_state(d, c); }, "tds"},
  };
}

OnvifService io_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  OnvifService service{"tmd", "/onvif/deviceio_service", 21, 6, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth,
       [&d](OnvifCall& c) { return service_capabilities(d, c); }},
      {"GetRelayOutputOptions", read, [&d](OnvifCall& c) { return relay_options(d, c); }},
      {"GetDigitalInputs", read, [&d](OnvifCall& c) { return digital_inputs(d, c); }},
      {"GetVideoSources", read, [&d](OnvifCall& c) { return sources(d, c, video_source); }},
      {"GetAudioSources", read,
       [&d](OnvifCall& c) { return has_audio(d) ? sources(d, c, audio_source) : OnvifOutcome(); }},
      {"GetAudioOutputs", read, [&d](OnvifCall& c) { return audio_outputs(d, c); }},
      // The service has these two by the names of the device service, this one by its own.
      {"GetRelayOutputs", read, [&d](OnvifCall& c) { return relay_outputs(d, c); }, "tds"},
      {"SetRelayOutputState", AccessClass::actuate, [&d](OnvifCall& c) { return set_state(d, c); }, "tds"},
      {"SetRelayOutputSettings", AccessClass::actuate, [&d](OnvifCall& c) { return set_settings2(d, c); }},
  };
  return service;
}

}  // namespace watchrig::camera
