// The PTZ service (ONVIF PTZ 5.3 to 5.6): movements, presets, home, auxiliary commands.
#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "simulators/camera/onvif/ptz_spaces.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;
using ptz::HeadMotor;

OnvifOutcome service_capabilities(OnvifCall& call) {
  auto all = add(call.answer, "tptz:Capabilities");
  all.append_attribute("EFlip") = "false";
  all.append_attribute("Reverse") = "false";
  all.append_attribute("GetCompatibleConfigurations") = "true";
  all.append_attribute("MoveStatus") = "true";
  all.append_attribute("StatusPosition") = "true";
  return {};
}

double limited(double value) { return std::clamp(value, 0.0, 1.0); }

/// The speed of the request, else that of the configuration.
OnvifOutcome read_speed(const OnvifDevice& device, const OnvifCall& call, PtzVector& speed) {
  if (auto fault = read_ptz_vector(child(call.request, "Speed"), PtzMeaning::speed, speed)) return fault;
  for (auto* part : {&speed.x, &speed.y, &speed.zoom}) {
    if (!*part) *part = device.ptz_speed;
  }
  return {};
}

OnvifOutcome continuous_move(OnvifDevice& device, OnvifCall& call) {
  PtzVector velocity;
  if (auto fault = read_ptz_vector(child(call.request, "Velocity"), PtzMeaning::velocity, velocity))
    return fault;
  std::optional<base::Duration> life = device.ptz_timeout;
  if (child(call.request, "Timeout")) {
    life = protocols::parse_xml_duration(text_at(call.request, "Timeout"));
    if (!life || *life < shortest_ptz_timeout || *life > longest_ptz_timeout)
      return refuse({"ter:InvalidArgVal", "ter:TimeoutNotSupported"}, "a movement lasts 0.1 s to 10 minutes");
  }
  if (device.quirks.has(quirks::ptz_timeout_ignored)) life.reset();
  if (velocity.x) device.head->run(HeadMotor::pan, *velocity.x, life);
  if (velocity.y) device.head->run(HeadMotor::tilt, *velocity.y, life);
  if (velocity.zoom) device.head->run(HeadMotor::zoom, *velocity.zoom, life);
  return {};
}

void move_to(ptz::MechanicalHead& head, const PtzVector& given, const ptz::HeadPosition& target,
             const PtzVector& speed) {
  if (given.x) head.go(HeadMotor::pan, target.pan, *speed.x);
  if (given.y) head.go(HeadMotor::tilt, target.tilt, *speed.y);
  if (given.zoom) head.go(HeadMotor::zoom, target.zoom, *speed.zoom);
}

OnvifOutcome absolute_move(OnvifDevice& device, OnvifCall& call) {
  PtzVector wanted, speed;
  if (auto fault = read_ptz_vector(child(call.request, "Position"), PtzMeaning::position, wanted))
    return fault;
  if (auto fault = read_speed(device, call, speed)) return fault;
  auto target = device.head->position();
  apply_ptz_position(wanted, *device.head, target);
  move_to(*device.head, wanted, target, speed);
  return {};
}

/// In the generic space, a translation by 1 is half the way that an axis has; in that of the view, it leads
/// to the right or upper edge of the picture.
OnvifOutcome relative_move(OnvifDevice& device, OnvifCall& call) {
  PtzVector by, speed;
  if (auto fault = read_ptz_vector(child(call.request, "Translation"), PtzMeaning::translation, by))
    return fault;
  if (auto fault = read_speed(device, call, speed)) return fault;
  auto& head = *device.head;
  auto target = head.position();
  const double view = head.view_degrees(target.zoom),
               aspect = double(device.sensor_width) / device.sensor_height;
  const auto& tilt = head.form().tilt;
  target.pan += by.x.value_or(0) * (by.by_view ? view / 2 : 180);
  target.tilt += by.y.value_or(0) * (by.by_view ? view / aspect / 2 : (tilt.most - tilt.least) / 2);
  target.zoom = limited(target.zoom + by.zoom.value_or(0));
  move_to(head, by, target, speed);
  return {};
}

OnvifOutcome stop(OnvifDevice& device, OnvifCall& call) {
  const auto asked = [&](const char* part) {
    const auto text = text_at(call.request, part);
    return text.empty() || text == "true" || text == "1";
  };
  if (asked("PanTilt")) {
    device.head->halt(HeadMotor::pan);
    device.head->halt(HeadMotor::tilt);
  }
  if (asked("Zoom")) device.head->halt(HeadMotor::zoom);
  return {};
}

OnvifOutcome status(const OnvifDevice& device, OnvifCall& call) {
  const auto& head = *device.head;
  const auto position = head.position();
  auto told = add(call.answer, "tptz:PTZStatus");
  fill_ptz_position(add(told, "tt:Position"), head, position);
  auto moves = add(told, "tt:MoveStatus");
  const bool turns = head.moving(HeadMotor::pan) || head.moving(HeadMotor::tilt);
  add(moves, "tt:PanTilt", turns ? "MOVING" : "IDLE");
  add(moves, "tt:Zoom", head.moving(HeadMotor::zoom) ? "MOVING" : "IDLE");
  add(told, "tt:UtcTime", base::format_utc(device.now()));
  auto view = add(told, "tt:FieldOfView");
  const double degrees = head.view_degrees(position.zoom);
  view.append_attribute("hfov") = fmt::format("{:.4f}", degrees).c_str();
  view.append_attribute("vfov") =
      fmt::format("{:.4f}", degrees * device.sensor_height / device.sensor_width).c_str();
  return {};
}

OnvifOutcome presets(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& [number, preset] : device.head->presets()) {
    auto node = add(call.answer, "tptz:Preset");
    node.append_attribute("token") = std::to_string(number).c_str();
    add(node, "tt:Name", preset.name);
    fill_ptz_position(add(node, "tt:PTZPosition"), *device.head, preset.position);
  }
  return {};
}

OnvifOutcome set_preset(OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PresetToken");
  auto name = text_at(call.request, "PresetName");
  const auto known = device.head->presets();
  const auto own = known.find(ptz_number(token));
  if (!token.empty() && own == known.end()) return no_ptz_token(token);
  if (name.size() > 64)
    return refuse({"ter:InvalidArgVal", "ter:InvalidPresetName"}, "a name has at most 64 characters");
  if (name.empty() && own != known.end()) name = own->second.name;
  for (const auto& [number, preset] : known) {
    if (!name.empty() && preset.name == name && number != ptz_number(token))
      return refuse({"ter:InvalidArgVal", "ter:PresetExist"}, "another preset has that name");
  }
  const auto kept = device.head->keep_preset(ptz_number(token), name);
  if (!kept) return ptz_refusal(kept.error(), token, "ter:TooManyPresets");
  add(call.answer, "tptz:PresetToken", std::to_string(*kept));
  return {};
}

OnvifOutcome remove_preset(OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PresetToken");
  if (!device.head->forget_preset(ptz_number(token))) return no_ptz_token(token);
  return {};
}

OnvifOutcome go_to_preset(OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "PresetToken");
  PtzVector speed;
  if (auto fault = read_speed(device, call, speed)) return fault;
  if (!device.head->go_to_preset(ptz_number(token), *speed.x)) return no_ptz_token(token);
  return {};
}

OnvifOutcome go_home(OnvifDevice& device, OnvifCall& call) {
  PtzVector speed;
  if (auto fault = read_speed(device, call, speed)) return fault;
  device.head->go_home(*speed.x);
  return {};
}

/// "tt:Wiper|On"
OnvifOutcome auxiliary(OnvifDevice& device, OnvifCall& call) {
  const auto command = text_at(call.request, "AuxiliaryData");
  const auto bar = command.find('|');
  const auto state = bar == std::string::npos ? "" : command.substr(bar + 1);
  const bool known = command.starts_with("tt:") && (state == "On" || state == "Off");
  if (!known || !device.head->switch_auxiliary(command.substr(3, bar - 3), state == "On"))
    return refuse({"ter:InvalidArgVal"}, fmt::format("there is no command \"{}\"", command));
  add(call.answer, "tptz:AuxiliaryResponse", command);
  return {};
}

/// Checks the profile of a request first.
OnvifOperation in_profile(const OnvifDevice& device, OnvifOperation operation) {
  operation.run = [&device, run = std::move(operation.run)](OnvifCall& call) -> OnvifOutcome {
    const auto profile = text_at(call.request, "ProfileToken");
    const auto* found = device.profile(profile);
    if (!found) return no_profile(profile);
    if (!found->has("PTZ"))
      return refuse({"ter:InvalidArgVal", "ter:NoPTZProfile"},
                    fmt::format("the profile \"{}\" has no PTZ configuration", profile));
    return run(call);
  };
  return operation;
}

}  // namespace

OnvifService ptz_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media, actuate = AccessClass::actuate;
  OnvifService service{"tptz", "/onvif/ptz_service", 24, 12, {}};
  std::vector<OnvifOperation> of_profiles = {
      {"ContinuousMove", actuate, [&d](OnvifCall& c) { return continuous_move(d, c); }},
      {"AbsoluteMove", actuate, [&d](OnvifCall& c) { return absolute_move(d, c); }},
      {"RelativeMove", actuate, [&d](OnvifCall& c) { return relative_move(d, c); }},
      {"Stop", actuate, [&d](OnvifCall& c) { return stop(d, c); }},
      {"GetStatus", read, [&d](OnvifCall& c) { return status(d, c); }},
      {"GetPresets", read, [&d](OnvifCall& c) { return presets(d, c); }},
      {"SetPreset", actuate, [&d](OnvifCall& c) { return set_preset(d, c); }},
      {"RemovePreset", actuate, [&d](OnvifCall& c) { return remove_preset(d, c); }},
      {"GotoPreset", actuate, [&d](OnvifCall& c) { return go_to_preset(d, c); }},
      {"GotoHomePosition", actuate, [&d](OnvifCall& c) { return go_home(d, c); }},
      {"SetHomePosition", actuate,
       [&d](OnvifCall&) -> OnvifOutcome {
         d.head->set_home();
         return {};
       }},
      {"SendAuxiliaryCommand", actuate, [&d](OnvifCall& c) { return auxiliary(d, c); }},
  };
  std::ranges::move(ptz_tour_operations(d), std::back_inserter(of_profiles));
  service.operations.push_back({"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities});
  for (auto& operation : of_profiles) service.operations.push_back(in_profile(d, std::move(operation)));
  std::ranges::move(ptz_configuration_operations(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
