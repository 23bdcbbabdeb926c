// What an ONVIF device tells of itself (ONVIF Core 8): identity, capabilities, services, network, scopes.
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/camera_io.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::children;
using protocols::text_at;

constexpr std::string_view fixed = "Fixed", configurable = "Configurable";

OnvifOutcome device_information(const OnvifDevice& device, OnvifCall& call) {
  add(call.answer, "tds:Manufacturer", device.manufacturer);
  add(call.answer, "tds:Model", device.is_recorder ? "Virtual Recorder" : "Virtual Camera");
  add(call.answer, "tds:FirmwareVersion", "1.0.0");
  add(call.answer, "tds:SerialNumber", device.serial_number());
  add(call.answer, "tds:HardwareId", device.is_recorder ? "virtual-recorder" : "virtual-camera");
  return {};
}

void add_event_capabilities(pugi::xml_node all, const std::string& address) {
  auto events = add(all, "tt:Events");
  add(events, "tt:XAddr", address);
  add(events, "tt:WSSubscriptionPolicySupport", "false");
  add(events, "tt:WSPullPointSupport", "true");
  add(events, "tt:WSPausableSubscriptionManagerInterfaceSupport", "false");
}

pugi::xml_node add_io_capabilities(pugi::xml_node all, const std::string& address,
                                   const OnvifDevice& device) {
  auto extension = add(all, "tt:Extension");
  auto io = add(extension, "tt:DeviceIO");
  add(io, "tt:XAddr", address);
  const auto connectors = connectors_of(device);
  add(io, "tt:VideoSources", std::to_string(connectors.video_sources));
  add(io, "tt:VideoOutputs", "0");
  add(io, "tt:AudioSources", std::to_string(connectors.audio_sources));
  add(io, "tt:AudioOutputs", std::to_string(connectors.audio_outputs));
  add(io, "tt:RelayOutputs", std::to_string(connectors.relays));
  return extension;
}

void add_card_capabilities(pugi::xml_node extension, OnvifDevice& device, const OnvifCall& call) {
  auto recording = add(extension, "tt:Recording");
  add(recording, "tt:XAddr", address_of(call, recording_service(device).path));
  for (const char* name : {"ReceiverSource", "MediaProfileSource", "DynamicRecordings", "DynamicTracks"})
    add(recording, fmt::format("tt:{}", name),
        name == std::string_view("MediaProfileSource") || name == std::string_view("DynamicRecordings")
            ? "true"
            : "false");
  add(recording, "tt:MaxStringLength", "64");
  auto search = add(extension, "tt:Search");
  add(search, "tt:XAddr", address_of(call, search_service(device).path));
  add(search, "tt:MetadataSearch", "false");
  add(add(extension, "tt:Replay"), "tt:XAddr", address_of(call, replay_service(device).path));
}

OnvifOutcome capabilities(OnvifDevice& device, OnvifCall& call) {
  std::vector<std::string> wanted;
  for (const auto& category : children(call.request, "Category")) {
    const std::string name = category.text().get();
    const bool known = name == "All" || name == "Device" || name == "Events" || name == "Media" ||
                       (name == "PTZ" && device.head) || (name == "Analytics" && !device.analytics.empty()) ||
                       (name == "Imaging" && device.imaging);
    if (!known) {
      return refuse({"ter:ActionNotSupported", "ter:NoSuchService"},
                    fmt::format("the camera has no service \"{}\"", name));
    }
    wanted.push_back(name);
  }
  const auto asked = [&](const char* name) {
    return wanted.empty() || std::ranges::find(wanted, "All") != wanted.end() ||
           std::ranges::find(wanted, name) != wanted.end();
  };
  auto all = add(call.answer, "tds:Capabilities");
  if (!device.analytics.empty() && asked("Analytics")) {
    auto analytics = add(all, "tt:Analytics");
    add(analytics, "tt:XAddr", address_of(call, analytics_service(device).path));
    add(analytics, "tt:RuleSupport", "true");
    add(analytics, "tt:AnalyticsModuleSupport", "true");
  }
  if (asked("Device")) {
    const protocols::Connectors connectors{device.io->inputs(), device.io->relays().size()};
    protocols::add_device_capabilities(all, address_of(call, device_service(device).path), device.discovers,
                                       connectors, device.certificates != nullptr);
    all.child("tt:Device").child("tt:Network").child("tt:ZeroConfiguration").text() = "true";
  }
  if (asked("Events")) add_event_capabilities(all, address_of(call, event_service(device).path));
  if (device.imaging && asked("Imaging"))
    add(add(all, "tt:Imaging"), "tt:XAddr", address_of(call, imaging_service(device).path));
  if (asked("Media")) protocols::add_media_capabilities(all, address_of(call, media_service(device).path));
  if (device.head && asked("PTZ"))
    add(add(all, "tt:PTZ"), "tt:XAddr", address_of(call, ptz_service(device).path));
  if (!asked("All")) return {};
  const auto extension = add_io_capabilities(all, address_of(call, io_service(device).path), device);
  if (!device.cards.empty()) add_card_capabilities(extension, device, call);
  return {};
}

OnvifOutcome services(OnvifDevice& device, OnvifCall& call) {
  protocols::add_services(listed_services(device), call);
  return {};
}

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "tds:Capabilities");
  protocols::add_device_service_capabilities(
      all,
      {{"TLS1.2", device.certificates ? "true" : "false"},
       {"OnboardKeyGeneration", device.certificates ? "true" : "false"},
       {"UsernameToken", "true"},
       {"HttpDigest", "true"},
       {"MaxUsers", "32"},
       {"MaxUserNameLength", "64"},
       {"MaxPasswordLength", "64"}},
      device.discovers);
  auto network = all.child("tds:Network");
  network.attribute("NTP") = static_cast<unsigned>(most_name_servers);
  network.attribute("ZeroConfiguration") = "true";
  network.append_attribute("HostnameFromDHCP") = "true";
  return {};
}

OnvifOutcome scopes(const OnvifDevice& device, OnvifCall& call) {
  const auto list = [&](const std::vector<std::string>& all, std::string_view kind) {
    for (const auto& scope : all) {
      auto node = add(call.answer, "tds:Scopes");
      add(node, "tt:ScopeDef", kind);
      add(node, "tt:ScopeItem", scope);
    }
  };
  list(device.fixed_scopes(), fixed);
  list(device.scopes, configurable);
  return {};
}

constexpr std::size_t most_scopes = 32;

/// Whoever listens is to know (ONVIF Core 7.3.4).
void take_scopes(OnvifDevice& device, std::vector<std::string> scopes) {
  device.scopes = std::move(scopes);
  ++device.metadata_version;
  device.retold();
}

OnvifOutcome change_scopes(OnvifDevice& device, const OnvifCall& call, const char* element, bool replace) {
  auto all = replace ? std::vector<std::string>{} : device.scopes;
  for (const auto& node : children(call.request, element)) {
    const std::string scope = node.text().get();
    if (!scope.starts_with("onvif://www.onvif.org/") || scope.size() > 256) {
      return refuse({"ter:InvalidArgVal"}, "a scope begins with onvif://www.onvif.org/");
    }
    if (std::ranges::find(all, scope) == all.end()) all.push_back(scope);
  }
  if (all.size() > most_scopes) {
    return refuse({"ter:Action", "ter:TooManyScopes"}, fmt::format("at most {} scopes", most_scopes));
  }
  take_scopes(device, std::move(all));
  return {};
}

OnvifOutcome remove_scopes(OnvifDevice& device, OnvifCall& call) {
  const auto fixed_ones = device.fixed_scopes();
  auto left = device.scopes;
  for (const auto& node : children(call.request, "ScopeItem")) {
    const std::string scope = node.text().get();
    if (std::ranges::find(fixed_ones, scope) != fixed_ones.end()) {
      return refuse({"ter:OperationProhibited", "ter:FixedScope"}, "fixed scopes stay: " + scope);
    }
    if (std::erase(left, scope) == 0) {
      return refuse({"ter:InvalidArgVal", "ter:NoScope"}, "there is no scope " + scope);
    }
    add(call.answer, "tds:ScopeItem", scope);
  }
  take_scopes(device, std::move(left));
  return {};
}

OnvifOutcome discovery_mode(const OnvifDevice& device, OnvifCall& call) {
  add(call.answer, "tds:DiscoveryMode", device.discoverable ? "Discoverable" : "NonDiscoverable");
  return {};
}

OnvifOutcome wsdl_url(OnvifCall& call) {
  add(call.answer, "tds:WsdlUrl", "http://www.onvif.org/ver10/device/wsdl/devicemgmt.wsdl");
  return {};
}

OnvifOutcome factory_default(const OnvifDevice& device, const OnvifCall& call) {
  const auto kind = text_at(call.request, "FactoryDefault");
  if (kind != "Hard" && kind != "Soft")
    return refuse({"ter:InvalidArgVal"}, "a factory default is Hard or Soft");
  device.factory_default(kind == "Hard");
  return {};
}

OnvifOutcome set_discovery_mode(OnvifDevice& device, OnvifCall& call) {
  const auto mode = text_at(call.request, "DiscoveryMode");
  if (mode != "Discoverable" && mode != "NonDiscoverable") {
    return refuse({"ter:InvalidArgVal"}, "a discovery mode is Discoverable or NonDiscoverable");
  }
  const bool appears = mode == "Discoverable" && !device.discoverable;
  device.discoverable = mode == "Discoverable";
  if (appears) device.retold();
  return {};
}

}  // namespace

OnvifService device_service(OnvifDevice& d) {
  using A = AccessClass;
  OnvifService service{"tds", "/onvif/device_service", 22, 12, {}};
  service.operations = {
      {"GetDeviceInformation", A::read_system, [&d](OnvifCall& c) { return device_information(d, c); }},
      {"GetCapabilities", A::pre_auth, [&d](OnvifCall& c) { return capabilities(d, c); }},
      {"GetServices", A::pre_auth, [&d](OnvifCall& c) { return services(d, c); }},
      {"GetServiceCapabilities", A::pre_auth, [&d](OnvifCall& c) { return service_capabilities(d, c); }},
      {"GetWsdlUrl", A::pre_auth, wsdl_url},
      {"GetScopes", A::read_system, [&d](OnvifCall& c) { return scopes(d, c); }},
      {"SetScopes", A::write_system, [&d](OnvifCall& c) { return change_scopes(d, c, "Scopes", true); }},
      {"AddScopes", A::write_system, [&d](OnvifCall& c) { return change_scopes(d, c, "ScopeItem", false); }},
      {"RemoveScopes", A::write_system, [&d](OnvifCall& c) { return remove_scopes(d, c); }},
      {"GetDiscoveryMode", A::read_system, [&d](OnvifCall& c) { return discovery_mode(d, c); }},
      {"SetDiscoveryMode", A::write_system, [&d](OnvifCall& c) { return set_discovery_mode(d, c); }},
      {"GetEndpointReference", A::pre_auth,
       [&d](OnvifCall& c) -> OnvifOutcome {
         add(c.answer, "tds:GUID", d.uuid());
         return {};
       }},
      {"SetSystemFactoryDefault", A::unrecoverable, [&d](OnvifCall& c) { return factory_default(d, c); }},
      {"SystemReboot", A::unrecoverable,
       [&d](OnvifCall& c) -> OnvifOutcome {
         add(c.answer, "tds:Message", "Rebooting, back in 5 seconds");
         d.reboot();
         return {};
       }},
  };
  auto more = user_and_time_service(d);
  std::ranges::move(more.operations, std::back_inserter(service.operations));
  std::ranges::move(name_operations(d), std::back_inserter(service.operations));
  std::ranges::move(network_operations(d), std::back_inserter(service.operations));
  if (d.certificates) std::ranges::move(certificate_operations(d), std::back_inserter(service.operations));
  std::ranges::move(relay_operations(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
