#pragma once

#include <cstdint>
#include <optional>

#include "system/base/clock.hpp"
#include "system/media/picture.hpp"

namespace watchrig::scene {

/// What is burnt into a picture, so that whoever sees it anywhere behind the camera can tell which one it is
/// and how old it is.
struct Stamp {
  std::uint32_t frame = 0;  ///< index of the picture in its stream
  base::UtcTime time;       ///< when it was captured, to the microsecond
  bool operator==(const Stamp&) const = default;
};

/// Smallest picture that carries a stamp.
inline constexpr int stamp_min_width = 64;
inline constexpr int stamp_min_height = 48;

/// Rows of pixels that the strip takes from the top of a picture of this size, 0 when it is too small.
int stamp_strip_height(int width, int height);

/// Draws the strip of black and white cells over the top of the picture: 32 bits frame, 64 bits microseconds
/// since 1970, 16 bits CRC (CCITT, 0x1021, initially 0xffff) over both, most significant bit first, row by
/// row. A picture too small is left as it is. `time` is cut to microseconds.
void draw_stamp(media::Picture& picture, const Stamp& stamp);

/// Reads the strip of a decoded picture's luma plane, rows `stride` bytes apart; nothing when there is none
/// or the CRC is wrong. The picture has the size at which the strip was drawn.
std::optional<Stamp> read_stamp(const std::uint8_t* luma, int stride, int width, int height);
std::optional<Stamp> read_stamp(const media::Picture& picture);

}  // namespace watchrig::scene
