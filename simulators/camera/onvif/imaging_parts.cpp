#include "simulators/camera/onvif/imaging_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/picture/imaging_unit.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::text_at;
using Settings = ImagingSettings;

constexpr std::string_view switched[] = {"ON", "OFF"}, by_whom[] = {"AUTO", "MANUAL"},
                           filters[] = {"ON", "OFF", "AUTO"};

/// One number or mode, in the order of the schema.
struct Part {
  const char* path;     ///< in the settings: "tt:Exposure/tt:Mode"
  const char* options;  ///< in the options, where it is called otherwise
  double Settings::*number = nullptr;
  double least = 0, most = 100;
  std::string Settings::*mode = nullptr;
  std::span<const std::string_view> modes = {};
  bool is_iris = false;
};

constexpr Part mode_of(const char* path, const char* options, std::string Settings::*mode,
                       std::span<const std::string_view> modes) {
  return {path, options, nullptr, 0, 0, mode, modes};
}
constexpr Part number_of(const char* path, double Settings::*number, double least = 0, double most = 100,
                         const char* options = nullptr) {
  return {path, options ? options : path, number, least, most};
}

const Part parts[] = {
    mode_of("tt:BacklightCompensation/tt:Mode", "tt:BacklightCompensation/tt:Mode", &Settings::backlight,
            switched),
    number_of("tt:BacklightCompensation/tt:Level", &Settings::backlight_level),
    number_of("tt:Brightness", &Settings::brightness),
    number_of("tt:ColorSaturation", &Settings::saturation),
    number_of("tt:Contrast", &Settings::contrast),
    mode_of("tt:Exposure/tt:Mode", "tt:Exposure/tt:Mode", &Settings::exposure, by_whom),
    number_of("tt:Exposure/tt:ExposureTime", &Settings::exposure_time, 100, 40000),
    number_of("tt:Exposure/tt:Gain", &Settings::gain, 0, 48),
    {"tt:Exposure/tt:Iris",
     "tt:Exposure/tt:Iris",
     nullptr,
     0,
     ImagingUnit::darkest_iris_db,
     nullptr,
     {},
     true},
    mode_of("tt:Focus/tt:AutoFocusMode", "tt:Focus/tt:AutoFocusModes", &Settings::focus, by_whom),
    mode_of("tt:IrCutFilter", "tt:IrCutFilterModes", &Settings::ir_cut, filters),
    number_of("tt:Sharpness", &Settings::sharpness),
    mode_of("tt:WideDynamicRange/tt:Mode", "tt:WideDynamicRange/tt:Mode", &Settings::wide_range, switched),
    number_of("tt:WideDynamicRange/tt:Level", &Settings::wide_range_level),
    mode_of("tt:WhiteBalance/tt:Mode", "tt:WhiteBalance/tt:Mode", &Settings::white_balance, by_whom),
    number_of("tt:WhiteBalance/tt:CrGain", &Settings::cr_gain, 0, 255, "tt:WhiteBalance/tt:YrGain"),
    number_of("tt:WhiteBalance/tt:CbGain", &Settings::cb_gain, 0, 255, "tt:WhiteBalance/tt:YbGain"),
    // An extension of a maker, as makers have them.
    number_of("tt:Extension/wr:Hue", &Settings::hue),
};

/// The parent of the last element of a path, made where it is missing; `name` becomes that element.
pugi::xml_node parent_of(pugi::xml_node node, std::string_view path, std::string& name) {
  const auto slash = path.find('/');
  name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (slash == std::string_view::npos) return node;
  const std::string group(path.substr(0, slash));
  const auto known = node.child(group.c_str());
  return known ? known : add(node, group);
}

/// Without the prefixes, which are the client's.
std::string local_path(std::string_view path) {
  std::string local;
  for (const auto& part : base::split(path, '/')) {
    if (!local.empty()) local += '/';
    local += part.substr(part.find(':') + 1);
  }
  return local;
}

OnvifOutcome invalid(const Part& part, std::string_view text) {
  return refuse({"ter:InvalidArgVal", "ter:SettingsInvalid"},
                fmt::format("{} cannot be \"{}\"", part.path, text));
}

}  // namespace

void fill_imaging_settings(pugi::xml_node node, const ImagingUnit& unit) {
  const auto settings = unit.settings();
  for (const auto& part : parts) {
    std::string name;
    const auto parent = parent_of(node, part.path, name);
    if (part.mode) {
      add(parent, name, settings.*part.mode);
    } else {
      add(parent, name, fmt::format("{:.6g}", part.is_iris ? unit.iris_db() : settings.*part.number));
    }
  }
}

void fill_imaging_options(pugi::xml_node node) {
  for (const auto& part : parts) {
    std::string name;
    const auto parent = parent_of(node, part.options, name);
    for (const auto mode : part.modes) add(parent, name, mode);
    if (part.mode) continue;
    auto range = add(parent, name);
    add(range, "tt:Min", fmt::format("{:g}", part.least));
    add(range, "tt:Max", fmt::format("{:g}", part.most));
  }
}

OnvifOutcome take_imaging_settings(pugi::xml_node node, ImagingUnit& unit) {
  auto settings = unit.settings();
  std::optional<double> iris;
  for (const auto& part : parts) {
    const auto text = text_at(node, local_path(part.path));
    if (text.empty()) continue;
    if (part.mode) {
      if (std::ranges::find(part.modes, text) == part.modes.end()) return invalid(part, text);
      settings.*part.mode = text;
      continue;
    }
    const auto number = base::parse_number<double>(text);
    if (!number || !(*number >= part.least && *number <= part.most)) return invalid(part, text);
    if (part.is_iris) {
      iris = *number;
    } else {
      settings.*part.number = *number;
    }
  }
  unit.set(settings);
  // The automatic exposure leaves the iris where it is.
  if (iris && settings.exposure == "MANUAL") unit.set_iris_db(*iris);
  return {};
}

}  // namespace watchrig::camera
