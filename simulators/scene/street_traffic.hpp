#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"

namespace watchrig::scene {

enum class ObjectClass : std::uint8_t { person, car, bus, bicycle };
std::string_view to_string(ObjectClass object_class);

/// A rectangle of pixels, clipped to the picture.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Box&) const = default;
};

/// The truth about one visible object of a picture.
struct SceneObject {
  std::uint32_t id = 0;  ///< the same from its appearance to its leaving
  ObjectClass object_class{};
  Box box;
  std::string_view colour;  ///< "red": of the body, or of a person's coat
  std::string plate;        ///< cars only: "KR 4821", worn on the door that the camera sees
  bool operator==(const SceneObject&) const = default;
};

/// What is on one picture, from the farthest to the nearest.
using SceneObjectsPtr = std::shared_ptr<const std::vector<SceneObject>>;

/// Somebody in the street, in units of a plan of 1600 x 900 seen from the camera.
struct RoadUser {
  std::uint32_t id = 0;
  ObjectClass object_class{};
  double x = 0;       ///< left edge, may be outside
  double ground = 0;  ///< y of wheels or feet
  double width = 0;
  double height = 0;
  bool to_left = false;
  double walked = 0;        ///< way since appearance, for legs and wheels
  std::uint8_t colour = 0;  ///< index into body_colours()
  std::uint8_t look = 0;    ///< skin, hair and the like
  std::string plate;
};

inline constexpr double plan_width = 1600;
inline constexpr double plan_height = 900;

struct BodyColour {
  std::string_view name;
  std::uint8_t red, green, blue;
};
const std::vector<BodyColour>& body_colours();

/// Everybody on the plan at a time since the scene's start, from the farthest to the nearest lane. A pure
/// function of its arguments: streams of any frame rate see the same street.
std::vector<RoadUser> road_users(std::uint64_t seed, base::Duration since_start);

}  // namespace watchrig::scene
