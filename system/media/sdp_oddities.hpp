#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "system/media/sdp.hpp"

namespace watchrig::media {

/// Something that a description has in its own way, by a name of rtsp_quirks.
struct SdpOddity {
  std::string_view name;
  std::string detail;  ///< for a person
};

/// What is odd about a text that could be read all the same, each name once.
std::vector<SdpOddity> sdp_oddities(std::string_view text, const SessionDescription& description);

}  // namespace watchrig::media
