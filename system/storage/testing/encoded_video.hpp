#pragma once

#include <vector>

#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::storage {

struct EncodedVideo {
  media::Presentation tracks;
  std::vector<media::AccessUnitPtr> units;
};

/// Real H.264, 25 pictures a second with a key frame a second, the first one `at` after test_start.
EncodedVideo encode_video(int count, int width, base::Duration at);

}  // namespace watchrig::storage
