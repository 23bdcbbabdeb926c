// Nodes and configurations of the PTZ service (ONVIF PTZ 5.1, 5.2).
#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/ptz_spaces.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;

void set_token(pugi::xml_node node, std::string_view token) {
  node.append_attribute("token") = std::string(token).c_str();
}

void fill_speed(pugi::xml_node node, double speed) {
  const auto text = fmt::format("{:g}", speed);
  auto plane = add(node, "tt:PanTilt");
  plane.append_attribute("x") = text.c_str();
  plane.append_attribute("y") = text.c_str();
  add(node, "tt:Zoom").append_attribute("x") = text.c_str();
}

OnvifOutcome node(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "NodeToken");
  if (token != ptz_node_token)
    return refuse({"ter:InvalidArgVal", "ter:NoEntity"}, fmt::format("there is no node \"{}\"", token));
  fill_ptz_node(add(call.answer, "tptz:PTZNode"), device);
  return {};
}

OnvifOutcome configuration(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PTZConfigurationToken");
  if (token != ptz_configuration_token) return no_configuration(token);
  fill_ptz_configuration(add(call.answer, "tptz:PTZConfiguration"), device);
  return {};
}

OnvifOutcome compatible(const OnvifDevice& device, OnvifCall& call) {
  const auto profile = text_at(call.request, "ProfileToken");
  if (!device.profile(profile)) return no_profile(profile);
  fill_ptz_configuration(add(call.answer, "tptz:PTZConfiguration"), device);
  return {};
}

OnvifOutcome options(OnvifCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  if (token != ptz_configuration_token) return no_configuration(token);
  auto all = add(call.answer, "tptz:PTZConfigurationOptions");
  fill_ptz_spaces(add(all, "tt:Spaces"));
  auto timeout = add(all, "tt:PTZTimeout");
  add(timeout, "tt:Min", protocols::xml_duration(shortest_ptz_timeout));
  add(timeout, "tt:Max", protocols::xml_duration(longest_ptz_timeout));
  return {};
}

/// Speed and timeout can be changed; the node is what it is.
OnvifOutcome set_configuration(OnvifDevice& device, OnvifCall& call) {
  const auto wanted = child(call.request, "PTZConfiguration");
  const std::string_view token = wanted.attribute("token").value();
  if (token != ptz_configuration_token) return no_configuration(token);
  const auto cannot = [](const char* why) { return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, why); };
  if (text_at(wanted, "NodeToken") != ptz_node_token) return cannot("the camera has one head");
  PtzVector speed;
  if (auto fault = read_ptz_vector(child(wanted, "DefaultPTZSpeed"), PtzMeaning::speed, speed)) return fault;
  auto timeout = device.ptz_timeout;
  if (child(wanted, "DefaultPTZTimeout")) {
    const auto asked = protocols::parse_xml_duration(text_at(wanted, "DefaultPTZTimeout"));
    if (!asked || *asked < shortest_ptz_timeout || *asked > longest_ptz_timeout)
      return cannot("a movement lasts 0.1 s to 10 minutes");
    timeout = *asked;
  }
  device.ptz_timeout = timeout;
  if (speed.x) device.ptz_speed = *speed.x;
  return {};
}

}  // namespace

void fill_ptz_node(pugi::xml_node node, const OnvifDevice& device) {
  const auto& form = device.head->form();
  set_token(node, ptz_node_token);
  node.append_attribute("FixedHomePosition") = "false";
  add(node, "tt:Name", "Head");
  fill_ptz_spaces(add(node, "tt:SupportedPTZSpaces"));
  add(node, "tt:MaximumNumberOfPresets", std::to_string(form.presets));
  add(node, "tt:HomeSupported", "true");
  for (const auto& name : form.auxiliaries) {
    add(node, "tt:AuxiliaryCommands", fmt::format("tt:{}|On", name));
    add(node, "tt:AuxiliaryCommands", fmt::format("tt:{}|Off", name));
  }
  auto tours = add(add(node, "tt:Extension"), "tt:SupportedPresetTour");
  add(tours, "tt:MaximumNumberOfPresetTours", std::to_string(form.tours));
  for (const char* operation : {"Start", "Stop", "Pause"}) add(tours, "tt:PTZPresetTourOperation", operation);
}

void fill_ptz_configuration(pugi::xml_node node, const OnvifDevice& device) {
  constexpr const char* root = "http://www.onvif.org/ver10/tptz/";
  set_token(node, ptz_configuration_token);
  add(node, "tt:Name", ptz_configuration_token);
  add(node, "tt:UseCount", std::to_string(profile_uses(device, "PTZ", ptz_configuration_token)));
  add(node, "tt:NodeToken", ptz_node_token);
  const auto space = [&](const char* element, const char* name) {
    add(node, element, root + std::string(name));
  };
  space("tt:DefaultAbsolutePantTiltPositionSpace", "PanTiltSpaces/PositionGenericSpace");
  space("tt:DefaultAbsoluteZoomPositionSpace", "ZoomSpaces/PositionGenericSpace");
  space("tt:DefaultRelativePanTiltTranslationSpace", "PanTiltSpaces/TranslationGenericSpace");
  space("tt:DefaultRelativeZoomTranslationSpace", "ZoomSpaces/TranslationGenericSpace");
  space("tt:DefaultContinuousPanTiltVelocitySpace", "PanTiltSpaces/VelocityGenericSpace");
  space("tt:DefaultContinuousZoomVelocitySpace", "ZoomSpaces/VelocityGenericSpace");
  fill_speed(add(node, "tt:DefaultPTZSpeed"), device.ptz_speed);
  add(node, "tt:DefaultPTZTimeout", protocols::xml_duration(device.ptz_timeout));
}

std::vector<OnvifOperation> ptz_configuration_operations(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  return {
      {"GetNodes", read,
       [&d](OnvifCall& c) -> OnvifOutcome {
         fill_ptz_node(add(c.answer, "tptz:PTZNode"), d);
         return {};
       }},
      {"GetNode", read, [&d](OnvifCall& c) { return node(d, c); }},
      {"GetConfigurations", read,
       [&d](OnvifCall& c) -> OnvifOutcome {
         fill_ptz_configuration(add(c.answer, "tptz:PTZConfiguration"), d);
         return {};
       }},
      {"GetConfiguration", read, [&d](OnvifCall& c) { return configuration(d, c); }},
      {"GetCompatibleConfigurations", read, [&d](OnvifCall& c) { return compatible(d, c); }},
      {"GetConfigurationOptions", read, options},
      {"SetConfiguration", AccessClass::actuate, [&d](OnvifCall& c) { return set_configuration(d, c); }},
  };
}

}  // namespace watchrig::camera
