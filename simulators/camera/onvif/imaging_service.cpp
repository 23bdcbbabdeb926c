// The imaging service (ONVIF Imaging 5.1): how pictures are made, and the focus of the lens.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "simulators/camera/onvif/imaging_parts.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/picture/imaging_unit.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;
using ptz::HeadMotor;

void add_range(pugi::xml_node parent, const char* name, double least, double most) {
  auto node = add(parent, name);
  add(node, "tt:Min", fmt::format("{:g}", least));
  add(node, "tt:Max", fmt::format("{:g}", most));
}

OnvifOutcome settings(const OnvifDevice& device, OnvifCall& call) {
  fill_imaging_settings(add(call.answer, "timg:ImagingSettings"), *device.imaging);
  return {};
}

OnvifOutcome set_settings(const OnvifDevice& device, OnvifCall& call) {
  return take_imaging_settings(child(call.request, "ImagingSettings"), *device.imaging);
}

OnvifOutcome options(OnvifCall& call) {
  fill_imaging_options(add(call.answer, "timg:ImagingOptions"));
  return {};
}

OnvifOutcome move_options(OnvifCall& call) {
  auto all = add(call.answer, "timg:MoveOptions");
  auto absolute = add(all, "tt:Absolute");
  add_range(absolute, "tt:Position", 0, 1);
  add_range(absolute, "tt:Speed", 0, 1);
  auto relative = add(all, "tt:Relative");
  add_range(relative, "tt:Distance", -1, 1);
  add_range(relative, "tt:Speed", 0, 1);
  add_range(add(all, "tt:Continuous"), "tt:Speed", -1, 1);
  return {};
}

std::optional<double> number_at(pugi::xml_node node, const char* path, double least, double most,
                                double fallback) {
  const auto text = text_at(node, path);
  if (text.empty()) return fallback;
  const auto number = base::parse_number<double>(text);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

OnvifOutcome move(const OnvifDevice& device, OnvifCall& call) {
  const auto focus = child(call.request, "Focus");
  const auto absolute = child(focus, "Absolute"), relative = child(focus, "Relative"),
             continuous = child(focus, "Continuous");
  const auto speed = number_at(absolute ? absolute : relative, "Speed", 0, 1, 1);
  const auto wanted = absolute   ? number_at(absolute, "Position", 0, 1, NAN)
                      : relative ? number_at(relative, "Distance", -1, 1, NAN)
                                 : number_at(continuous, "Speed", -1, 1, NAN);
  if (!speed || !wanted || std::isnan(*wanted))
    return refuse({"ter:InvalidArgVal", "ter:SettingsInvalid"}, "the focus cannot be moved so");
  device.imaging->focus_by_hand();
  auto& lens = device.imaging->lens();
  if (continuous && !absolute && !relative) {
    lens.run(HeadMotor::focus, *wanted, {});
  } else {
    const double from = absolute ? 0 : lens.position().focus;
    lens.go(HeadMotor::focus, std::clamp(from + *wanted, 0.0, 1.0), *speed);
  }
  return {};
}

OnvifOutcome stop(const OnvifDevice& device, OnvifCall&) {
  device.imaging->lens().halt(HeadMotor::focus);
  return {};
}

OnvifOutcome status(const OnvifDevice& device, OnvifCall& call) {
  auto& lens = device.imaging->lens();
  auto focus = add(add(call.answer, "timg:Status"), "tt:FocusStatus20");
  add(focus, "tt:Position", fmt::format("{:.6g}", lens.position().focus));
  add(focus, "tt:MoveStatus", lens.moving(HeadMotor::focus) ? "MOVING" : "IDLE");
  return {};
}

/// Checks the video source of a request first.
OnvifOperation of_source(OnvifOperation operation) {
  operation.run = [run = std::move(operation.run)](OnvifCall& call) -> OnvifOutcome {
    const auto source = text_at(call.request, "VideoSourceToken");
    if (source != video_source)  // of a camera, which has one
      return refuse({"ter:InvalidArgVal", "ter:NoSource"},
                    fmt::format("there is no video source \"{}\"", source));
    return run(call);
  };
  return operation;
}

}  // namespace

OnvifService imaging_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media, actuate = AccessClass::actuate;
  OnvifService service{"timg", "/onvif/imaging_service", 22, 12, {}};
  std::vector<OnvifOperation> of_sources = {
      {"GetImagingSettings", read, [&d](OnvifCall& c) { return settings(d, c); }},
      {"SetImagingSettings", actuate, [&d](OnvifCall& c) { return set_settings(d, c); }},
      {"GetOptions", read, options},
      {"GetMoveOptions", read, move_options},
      {"Move", actuate, [&d](OnvifCall& c) { return move(d, c); }},
      {"Stop", actuate, [&d](OnvifCall& c) { return stop(d, c); }},
      {"GetStatus", read, [&d](OnvifCall& c) { return status(d, c); }},
  };
  service.operations.push_back(
      {"GetServiceCapabilities", AccessClass::pre_auth, [](OnvifCall& c) -> OnvifOutcome {
         add(c.answer, "timg:Capabilities").append_attribute("ImageStabilization") = "false";
         return {};
       }});
  for (auto& operation : of_sources) service.operations.push_back(of_source(std::move(operation)));
  return service;
}

}  // namespace watchrig::camera
