#pragma once

#include "system/media/picture.hpp"

namespace watchrig::scene {

/// The street without traffic. The seed decides houses, shops and trees.
media::Picture paint_street(int width, int height, std::uint64_t seed);

}  // namespace watchrig::scene
