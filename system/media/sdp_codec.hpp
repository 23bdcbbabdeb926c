#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// One payload type of an `m=` section as the SDP describes it, before it is known to be usable.
struct SdpFormat {
  std::uint8_t payload_type = 0;
  std::string_view encoding;     ///< from rtpmap, for example `H264`; empty without
  std::uint32_t clock_rate = 0;  ///< 0 when absent or unreadable
  std::uint32_t channels = 0;    ///< 0 when absent
  std::string_view parameters;   ///< from fmtp: `name=value; name=value`
  std::string_view dimensions;   ///< from x-dimensions or framesize: `1920,1080` or `1920-1080`
};

/// The track that a format describes. Error `unsupported` with the reason in words for a person.
base::Result<Track> make_track(const SdpFormat& format);

/// The encoding of rtpmap (`H264/90000`, `PCMU/8000/1`) and the parameters of fmtp (empty when there are
/// none) of a track.
std::string rtpmap_text(const Track& track);
std::string fmtp_text(const Track& track);

}  // namespace watchrig::media
