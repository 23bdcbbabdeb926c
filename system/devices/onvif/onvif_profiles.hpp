#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pugixml.hpp>

#include "system/base/result.hpp"

namespace watchrig::devices {

/// What matters of a media profile to find a stream.
struct OnvifProfile {
  std::string token;
  std::string source;  ///< token of the video source
  int width = 0;
  int height = 0;
  std::string encoder = {};               ///< token of the configuration of its video encoder
  std::string source_configuration = {};  ///< token of that of its video source
};

/// The profiles with video of a GetProfilesResponse, of either version of the media service.
std::vector<OnvifProfile> read_profiles(pugi::xml_node answer);

/// The profiles of a channel. Channels are the video sources in the order in which the profiles name them.
/// Error not_found says how many the device has.
base::Result<std::vector<OnvifProfile>> profiles_of_channel(const std::vector<OnvifProfile>& profiles,
                                                            std::uint32_t channel);

/// The streams among the profiles of one channel, which is not empty, in the order of media::stream_names:
/// the main stream is the one with most pixels, the sub streams follow as the device has them. Of profiles
/// that share an encoder the first counts: it is one stream. Those beyond the names are left out.
std::vector<OnvifProfile> streams_of_channel(std::vector<OnvifProfile> own);

/// Which profile is a stream of a channel, by streams_of_channel(). A `token` that is not empty names the
/// profile itself. Error not_found says what the device has.
base::Result<OnvifProfile> choose_profile(const std::vector<OnvifProfile>& profiles, std::uint32_t channel,
                                          const std::string& stream, const std::string& token);

}  // namespace watchrig::devices
