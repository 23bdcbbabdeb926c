#include "simulators/camera/onvif/ptz_spaces.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;

constexpr const char* root = "http://www.onvif.org/ver10/tptz/";
constexpr const char* view_space = "PanTiltSpaces/TranslationSpaceFov";

struct Space {
  PtzMeaning meaning;
  const char *element, *name;
  bool plane;  ///< of pan and tilt
  double zoom_least = -1;
};
constexpr Space spaces[] = {
    {PtzMeaning::position, "tt:AbsolutePanTiltPositionSpace", "PanTiltSpaces/PositionGenericSpace", true},
    {PtzMeaning::position, "tt:AbsoluteZoomPositionSpace", "ZoomSpaces/PositionGenericSpace", false, 0},
    {PtzMeaning::translation, "tt:RelativePanTiltTranslationSpace", "PanTiltSpaces/TranslationGenericSpace",
     true},
    {PtzMeaning::translation, "tt:RelativePanTiltTranslationSpace", view_space, true},
    {PtzMeaning::translation, "tt:RelativeZoomTranslationSpace", "ZoomSpaces/TranslationGenericSpace", false},
    {PtzMeaning::velocity, "tt:ContinuousPanTiltVelocitySpace", "PanTiltSpaces/VelocityGenericSpace", true},
    {PtzMeaning::velocity, "tt:ContinuousZoomVelocitySpace", "ZoomSpaces/VelocityGenericSpace", false},
    {PtzMeaning::speed, "tt:PanTiltSpeedSpace", "PanTiltSpaces/GenericSpeedSpace", true},
    {PtzMeaning::speed, "tt:ZoomSpeedSpace", "ZoomSpaces/ZoomGenericSpeedSpace", false, 0},
};

const char* fault_of(PtzMeaning meaning) {
  switch (meaning) {
    case PtzMeaning::position:
      return "ter:InvalidPosition";
    case PtzMeaning::translation:
      return "ter:InvalidTranslation";
    case PtzMeaning::velocity:
      return "ter:InvalidVelocity";
    case PtzMeaning::speed:
      break;
  }
  return "ter:InvalidSpeed";
}

/// The space that a part of a vector names, or the generic one.
const Space* space_of(pugi::xml_node part, PtzMeaning meaning, bool plane) {
  const std::string_view named = part.attribute("space").value();
  const auto fits = [&](const Space& space) {
    return space.meaning == meaning && space.plane == plane &&
           (named.empty() || named == root + std::string(space.name));
  };
  const auto found = std::ranges::find_if(spaces, fits);
  return found == std::end(spaces) ? nullptr : found;
}

std::optional<double> number_in(pugi::xml_node part, const char* name, double least) {
  const auto number = base::parse_number<double>(std::string_view(part.attribute(name).value()));
  return number && *number >= least && *number <= 1 ? number : std::nullopt;
}

void add_range(pugi::xml_node node, const char* name, double least) {
  auto range = add(node, name);
  add(range, "tt:Min", fmt::format("{}", least));
  add(range, "tt:Max", "1");
}

}  // namespace

OnvifOutcome read_ptz_vector(pugi::xml_node node, PtzMeaning meaning, PtzVector& vector) {
  const double least = meaning == PtzMeaning::speed ? 0 : -1;
  for (const auto& [name, plane] : {std::pair("PanTilt", true), {"Zoom", false}}) {
    const auto part = child(node, name);
    if (!part) continue;
    const auto* space = space_of(part, meaning, plane);
    if (!space) {
      return refuse({"ter:InvalidArgVal", "ter:SpaceNotSupported"},
                    fmt::format("the space \"{}\" is not supported", part.attribute("space").value()));
    }
    auto& first = plane ? vector.x : vector.zoom;
    first = number_in(part, "x", plane ? least : space->zoom_least);
    if (plane) {
      vector.by_view = space->name == std::string_view(view_space);
      vector.y = number_in(part, "y", least);
    }
    if (!first || (plane && !vector.y))
      return refuse({"ter:InvalidArgVal", fault_of(meaning)}, "a value is outside of its space");
  }
  return {};
}

void fill_ptz_position(pugi::xml_node node, const ptz::MechanicalHead& head,
                       const ptz::HeadPosition& position) {
  const auto& tilt = head.form().tilt;
  auto plane = add(node, "tt:PanTilt");
  plane.append_attribute("x") = fmt::format("{:.6f}", position.pan / 180).c_str();
  plane.append_attribute("y") =
      fmt::format("{:.6f}", (position.tilt - tilt.least) / (tilt.most - tilt.least) * 2 - 1).c_str();
  plane.append_attribute("space") = (root + std::string(spaces[0].name)).c_str();
  auto zoom = add(node, "tt:Zoom");
  zoom.append_attribute("x") = fmt::format("{:.6f}", position.zoom).c_str();
  zoom.append_attribute("space") = (root + std::string(spaces[1].name)).c_str();
}

void apply_ptz_position(const PtzVector& vector, const ptz::MechanicalHead& head,
                        ptz::HeadPosition& position) {
  const auto& tilt = head.form().tilt;
  if (vector.x) position.pan = *vector.x * 180;
  if (vector.y) position.tilt = tilt.least + (*vector.y + 1) / 2 * (tilt.most - tilt.least);
  if (vector.zoom) position.zoom = *vector.zoom;
}

void fill_ptz_spaces(pugi::xml_node node) {
  for (const auto& space : spaces) {
    auto described = add(node, space.element);
    add(described, "tt:URI", root + std::string(space.name));
    const bool scalar = space.meaning == PtzMeaning::speed;
    add_range(described, "tt:XRange", scalar ? 0 : space.plane ? -1 : space.zoom_least);
    if (space.plane && !scalar) add_range(described, "tt:YRange", -1);
  }
}

protocols::SoapFault no_ptz_token(std::string_view token) {
  return refuse({"ter:InvalidArgVal", "ter:NoToken"}, fmt::format("there is no \"{}\"", token));
}

protocols::SoapFault ptz_refusal(const base::Error& error, std::string_view token, std::string full) {
  if (error.kind == base::ErrorKind::not_found) return no_ptz_token(token);
  return {protocols::SoapFault::Blame::receiver, {"ter:Action", std::move(full)}, error.message};
}

unsigned ptz_number(std::string_view token) { return base::parse_number<unsigned>(token).value_or(0); }

}  // namespace watchrig::camera
