#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "simulators/scene/sprite.hpp"
#include "simulators/scene/street_traffic.hpp"

namespace watchrig::scene {

/// Draws road users once for each look and phase of movement, and keeps the last few.
class StreetSprites {
 public:
  StreetSprites(int picture_width, int picture_height);

  /// Valid until the next call.
  const Sprite& sprite(const RoadUser& user);

 private:
  struct Kept {
    Sprite sprite;
    std::uint64_t used = 0;
  };
  void forget_oldest();

  double scale_x_;
  double scale_y_;
  std::map<std::string, Kept> sprites_;
  std::uint64_t uses_ = 0;
};

}  // namespace watchrig::scene
