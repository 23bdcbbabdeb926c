#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "simulators/ptz/mechanical_head.hpp"
#include "simulators/scene/street_traffic.hpp"
#include "system/base/clock.hpp"

namespace watchrig::camera {

// Texts of the ONVIF metadata stream (ONVIF Streaming 5.2, Analytics 5; schema metadatastream.xsd).

/// A point of the picture in ONVIF's coordinates (Analytics 5.2.2): -1 to 1, to the right and up.
struct ScenePoint {
  double x = 0, y = 0;
};
/// The corners of an object's box, and its middle.
struct SceneBox {
  double left = 0, top = 0, right = 0, bottom = 0;
  ScenePoint middle() const { return {(left + right) / 2, (top + bottom) / 2}; }
};
/// Where a box of pixels is in a picture of that size.
SceneBox scene_box(const scene::Box& box, int picture_width, int picture_height);

/// tt:Human, tt:Vehicle and so on, by the names of tt:ObjectType.
std::string_view object_type(scene::ObjectClass object_class);

/// What was seen on one picture.
struct SeenPicture {
  std::span<const scene::SceneObject> objects;
  std::span<const std::uint32_t> gone;  ///< seen on the picture analysed before, and not any more
  int width = 0, height = 0;
  base::UtcTime time;  ///< of its capture, by the camera's clock
};
/// A tt:VideoAnalytics with one tt:Frame.
std::string analytics_text(const SeenPicture& picture);
/// The tt:Frame alone, under another name.
std::string frame_text(const SeenPicture& picture, std::string_view name = "tt:Frame");

/// A tt:PTZ with one tt:PTZStatus; `position` and `status` say what of it is told.
std::string ptz_text(const ptz::MechanicalHead& head, base::UtcTime captured, base::UtcTime told,
                     bool position, bool status);

/// The document around such texts.
std::string metadata_document(std::string_view content);

}  // namespace watchrig::camera
