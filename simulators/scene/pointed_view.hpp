#pragma once

#include <functional>
#include <vector>

#include "simulators/scene/street_traffic.hpp"
#include "system/base/clock.hpp"
#include "system/media/picture.hpp"

namespace watchrig::scene {

/// Where a camera that can be turned points, and how much it sees.
struct Pointing {
  double pan_degrees = 0;    ///< to the right, any number of rounds
  double tilt_degrees = 0;   ///< up
  double view_degrees = 60;  ///< from left to right
};
/// At a capture time. Called on a source's thread.
using PointingAt = std::function<Pointing(base::UtcTime)>;

/// What is painted around a camera that can be turned: pictures of `canvas_scale` times its size each way, of
/// which `canvas_degrees` belong to one, so that there are three around it. Above and below, the edges go on.
inline constexpr int canvas_scale = 2;
inline constexpr double canvas_degrees = 120;

/// Writes into `view` what of the canvas is seen; `view` has its size.
void look(const media::Picture& canvas, const Pointing& pointing, media::Picture& view);

/// Which of the objects on the canvas are seen in a view of that size, and where. Each is there three times
/// around the camera, as three objects: of number n they are 3 n to 3 n + 2.
std::vector<SceneObject> seen_from(const std::vector<SceneObject>& objects, const Pointing& pointing,
                                   int view_width, int view_height);

}  // namespace watchrig::scene
