#pragma once

#include <string>
#include <vector>

#include "system/media/access_unit.hpp"
#include "system/media/frame_rate.hpp"
#include "system/media/picture.hpp"

namespace watchrig::media {

/// A picture that differs from frame to frame: a gradient that wanders and a block that moves.
Picture moving_picture(int width, int height, int frame);

struct CodedStream {
  Track track;
  std::vector<AccessUnit> units;
};

/// `count` units of 192x144 at 25 a second, a key picture every 25, the first at `start`.
CodedStream coded_video(Codec codec, int count, base::UtcTime start);
/// `count` G.711 packets of 20 ms, as track 1.
CodedStream coded_g711(Codec codec, int count, base::UtcTime start);

/// What a program prints on standard output.
std::string output_of(const std::string& command);

}  // namespace watchrig::media
