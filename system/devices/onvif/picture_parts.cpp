// Where the settings of a picture are in ONVIF's messages.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/devices/onvif/encoder_options.hpp"
#include "system/devices/onvif/onvif_imaging.hpp"

namespace watchrig::devices {

using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;

namespace {

constexpr std::size_t most_modes = 32;

struct Part {
  const char* name;
  const char* path;     ///< in the settings
  const char* options;  ///< in the options, where it is called otherwise; null: the same
  bool has_modes;
  const char* prefix = "tt";  ///< of its last element
};
/// In the order of the schema, by which missing elements find their places. Hue is an extension of cameras of
/// our own kind.
constexpr Part parts[] = {
    {"backlight", "BacklightCompensation/Mode", nullptr, true},
    {"backlight_level", "BacklightCompensation/Level", nullptr, false},
    {"brightness", "Brightness", nullptr, false},
    {"saturation", "ColorSaturation", nullptr, false},
    {"contrast", "Contrast", nullptr, false},
    {"exposure", "Exposure/Mode", nullptr, true},
    {"exposure_time", "Exposure/ExposureTime", nullptr, false},
    {"gain", "Exposure/Gain", nullptr, false},
    {"iris", "Exposure/Iris", nullptr, false},
    {"focus", "Focus/AutoFocusMode", "Focus/AutoFocusModes", true},
    {"day_night", "IrCutFilter", "IrCutFilterModes", true},
    {"sharpness", "Sharpness", nullptr, false},
    {"wide_range", "WideDynamicRange/Mode", nullptr, true},
    {"wide_range_level", "WideDynamicRange/Level", nullptr, false},
    {"white_balance", "WhiteBalance/Mode", nullptr, true},
    {"red_gain", "WhiteBalance/CrGain", "WhiteBalance/YrGain", false},
    {"blue_gain", "WhiteBalance/CbGain", "WhiteBalance/YbGain", false},
    {"hue", "Extension/Hue", nullptr, false, "wr"},
};

/// The last part of a path, and the element that has it.
std::pair<pugi::xml_node, std::string> holder_of(pugi::xml_node node, std::string_view path) {
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {node, std::string(path)};
  return {child(node, path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

std::optional<NumberRange<double>> range_of(pugi::xml_node node) {
  const auto least = number_of(text_at(node, "Min")), most = number_of(text_at(node, "Max"));
  if (!least || !most || !(*least <= *most)) return std::nullopt;
  return NumberRange<double>{*least, *most};
}

PictureSetting read_setting(const Part& part, pugi::xml_node settings, pugi::xml_node options) {
  PictureSetting setting;
  setting.name = part.name;
  setting.has_modes = part.has_modes;
  const auto told = text_at(settings, part.path);
  if (part.has_modes) {
    setting.mode = protocols::one_line(told, 32);
  } else {
    setting.number = number_of(told);
  }
  const auto [holder, last] = holder_of(options, part.options ? part.options : part.path);
  const auto offered = children(holder, last);
  for (const auto& one : offered) {
    if (part.has_modes && setting.modes.size() < most_modes)
      setting.modes.push_back(protocols::one_line(std::string(base::trim(one.text().get())), 32));
  }
  if (!part.has_modes && !offered.empty()) setting.range = range_of(offered.front());
  const bool is_there = !told.empty() || !offered.empty();
  setting.ability = is_there ? Ability::yes : options ? Ability::no : Ability::unknown;
  // One mode alone is nothing to choose.
  if (part.has_modes && setting.modes.size() == 1) setting.ability = Ability::no;
  return setting;
}

/// The place of a name among the elements of the schema.
std::size_t rank_of(std::string_view group, std::string_view name) {
  const auto path = group.empty() ? std::string(name) : fmt::format("{}/{}", group, name);
  const auto found = std::ranges::find_if(parts, [&](const Part& part) {
    return part.path == path || std::string_view(part.path).starts_with(path + "/");
  });
  return static_cast<std::size_t>(found - std::begin(parts));
}

/// The child of that name, made at its place where it is missing.
pugi::xml_node place(pugi::xml_node parent, std::string_view group, const std::string& name,
                     const char* prefix) {
  if (auto known = child(parent, name)) return known;
  const auto rank = rank_of(group, name);
  const auto full = fmt::format("{}:{}", prefix, name);
  for (auto sibling = parent.first_child(); sibling; sibling = sibling.next_sibling()) {
    const auto other = rank_of(group, protocols::local_name(sibling));
    if (other > rank && other < std::size(parts)) return parent.insert_child_before(full.c_str(), sibling);
  }
  return add(parent, full);
}

}  // namespace

PictureState read_picture_state(pugi::xml_node settings, pugi::xml_node options) {
  PictureState state;
  state.ability = Ability::yes;
  for (const auto& part : parts) state.settings.push_back(read_setting(part, settings, options));
  return state;
}

void write_picture_wishes(pugi::xml_node settings, const PictureWishes& wishes) {
  for (const auto& part : parts) {
    const auto wish = wishes.find(part.name);
    if (wish == wishes.end()) continue;
    const std::string_view path = part.path;
    const auto slash = path.find('/');
    auto holder = settings;
    const std::string group(slash == std::string_view::npos ? std::string_view() : path.substr(0, slash));
    if (!group.empty()) holder = place(settings, {}, group, "tt");
    auto node = place(holder, group, std::string(path.substr(slash + 1)), part.prefix);
    const auto text = wish->second.number ? fmt::format("{:.6g}", *wish->second.number) : wish->second.mode;
    node.text().set(text.c_str());
  }
}

}  // namespace watchrig::devices
