#include "simulators/camera/analytics/metadata_document.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "simulators/camera/onvif/ptz_spaces.hpp"

namespace watchrig::camera {

namespace {

using scene::ObjectClass;

/// By the names of tt:VehicleType; empty for a person.
std::string_view vehicle_type(ObjectClass object_class) {
  switch (object_class) {
    case ObjectClass::car:
      return "Car";
    case ObjectClass::bus:
      return "Bus";
    case ObjectClass::bicycle:
      return "Bicycle";
    case ObjectClass::person:
      break;
  }
  return {};
}

/// A tt:Color in the colour space that is meant unless another is named: YCbCr (ITU-R BT.601, 0 to 255).
std::string colour_text(std::string_view name) {
  const auto& all = scene::body_colours();
  const auto found = std::ranges::find(all, name, &scene::BodyColour::name);
  if (found == all.end()) return {};
  const double r = found->red, g = found->green, b = found->blue;
  return fmt::format(
      R"(<tt:Color><tt:ColorCluster><tt:Color X="{:.1f}" Y="{:.1f}" Z="{:.1f}"/><tt:Weight>1</tt:Weight></tt:ColorCluster></tt:Color>)",
      0.299 * r + 0.587 * g + 0.114 * b, 128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
      128 + 0.5 * r - 0.418688 * g - 0.081312 * b);
}

/// The order of the parts is that of tt:Appearance.
void append_object(std::string& text, const scene::SceneObject& object, const SeenPicture& picture) {
  const auto box = scene_box(object.box, picture.width, picture.height);
  const auto middle = box.middle();
  const auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      R"(<tt:Object ObjectId="{}"><tt:Appearance><tt:Shape><tt:BoundingBox left="{:.5f}" top="{:.5f}" right="{:.5f}" bottom="{:.5f}"/><tt:CenterOfGravity x="{:.5f}" y="{:.5f}"/></tt:Shape>)",
      object.id, box.left, box.top, box.right, box.bottom, middle.x, middle.y);
  text += colour_text(object.colour);
  fmt::format_to(out, R"(<tt:Class><tt:Type Likelihood="1">{}</tt:Type></tt:Class>)",
                 object_type(object.object_class));
  if (const auto vehicle = vehicle_type(object.object_class); !vehicle.empty())
    fmt::format_to(out, R"(<tt:VehicleInfo><tt:Type Likelihood="1">{}</tt:Type></tt:VehicleInfo>)", vehicle);
  // Letters and digits only.
  if (!object.plate.empty()) {
    fmt::format_to(
        out,
        R"(<tt:LicensePlateInfo><tt:PlateNumber Likelihood="1">{}</tt:PlateNumber><tt:PlateType Likelihood="1">Normal</tt:PlateType></tt:LicensePlateInfo>)",
        object.plate);
  }
  text += "</tt:Appearance></tt:Object>";
}

}  // namespace

SceneBox scene_box(const scene::Box& box, int picture_width, int picture_height) {
  const double w = picture_width, h = picture_height;
  return {2 * box.x / w - 1, 1 - 2 * box.y / h, 2 * (box.x + box.width) / w - 1,
          1 - 2 * (box.y + box.height) / h};
}

std::string_view object_type(ObjectClass object_class) {
  switch (object_class) {
    case ObjectClass::person:
      return "Human";
    case ObjectClass::bicycle:
      return "Bicycle";
    case ObjectClass::car:
    case ObjectClass::bus:
      break;
  }
  return "Vehicle";
}

std::string frame_text(const SeenPicture& picture, std::string_view name) {
  std::string text = fmt::format(R"(<{} UtcTime="{}">)", name, base::format_utc(picture.time, 6));
  for (const auto& object : picture.objects) append_object(text, object, picture);
  if (!picture.gone.empty()) {
    text += "<tt:ObjectTree>";
    for (const auto id : picture.gone)
      fmt::format_to(std::back_inserter(text), R"(<tt:Delete ObjectId="{}"/>)", id);
    text += "</tt:ObjectTree>";
  }
  return text += fmt::format("</{}>", name);
}

std::string analytics_text(const SeenPicture& picture) {
  return fmt::format("<tt:VideoAnalytics>{}</tt:VideoAnalytics>", frame_text(picture));
}

std::string ptz_text(const ptz::MechanicalHead& head, base::UtcTime captured, base::UtcTime told,
                     bool position, bool status) {
  pugi::xml_document document;
  auto node = protocols::add(protocols::add(document.root(), "tt:PTZ"), "tt:PTZStatus");
  if (position) fill_ptz_position(protocols::add(node, "tt:Position"), head, head.at(captured));
  if (status) {
    auto moves = protocols::add(node, "tt:MoveStatus");
    const bool turns = head.moving(ptz::HeadMotor::pan) || head.moving(ptz::HeadMotor::tilt);
    protocols::add(moves, "tt:PanTilt", turns ? "MOVING" : "IDLE");
    protocols::add(moves, "tt:Zoom", head.moving(ptz::HeadMotor::zoom) ? "MOVING" : "IDLE");
  }
  protocols::add(node, "tt:UtcTime", base::format_utc(told, 6));
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

std::string metadata_document(std::string_view content) {
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="{}" xmlns:wsnt="{}" xmlns:tns1="{}" xmlns:xs="http://www.w3.org/2001/XMLSchema">{}</tt:MetadataStream>)",
      protocols::uri_of_prefix("tt"), protocols::uri_of_prefix("wsnt"), protocols::uri_of_prefix("tns1"),
      content);
}

}  // namespace watchrig::camera
