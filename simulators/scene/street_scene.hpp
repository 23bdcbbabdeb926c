#pragma once

#include <memory>
#include <vector>

#include "simulators/scene/street_traffic.hpp"
#include "system/base/clock.hpp"
#include "system/media/frame_rate.hpp"
#include "system/media/picture.hpp"

namespace watchrig::scene {

/// A street with people, cars, buses and bicycles, seen by a fixed camera, in which every object is known.
/// The traffic is a function of seed and time since the start: a main and a sub stream show the same street
/// at any frame rate. One thread at a time.
class StreetScene {
 public:
  /// `first` is the time of frame 0 since the scene's start.
  StreetScene(int width, int height, media::FrameRate rate, std::uint64_t seed, base::Duration first = {});
  ~StreetScene();

  /// The picture of this frame with its stamp and the readable time below it. Valid until the next call.
  const media::Picture& draw(std::uint64_t frame, base::UtcTime captured);
  /// The same without stamp and time. Valid until the next call of either.
  const media::Picture& draw_bare(std::uint64_t frame);
  /// What is on that picture, from the farthest to the nearest; a near object covers a far one.
  std::vector<SceneObject> objects(std::uint64_t frame) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Draws the stamp and, below it, frame number and time for a person.
void burn_in(media::Picture& picture, std::uint64_t frame, base::UtcTime captured);

}  // namespace watchrig::scene
