#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// One `m=` section that can be received.
struct SdpMedia {
  Track track;
  std::string control;               ///< a=control as written: relative, absolute or empty (RFC 2326, C.1.1)
  std::optional<double> frame_rate;  ///< a=framerate, frames a second
};

/// One `m=` section that cannot be received, and why, in words for a person.
struct SdpIgnored {
  std::string media;   ///< the text behind `m=`
  std::string reason;  ///< `codec "VP8" is not supported`
};

struct SessionDescription {
  std::string name;     ///< s=
  std::string control;  ///< session level a=control; empty when absent
  std::vector<SdpMedia> media;
  std::vector<SdpIgnored> ignored;
};

/// Reads a session description (RFC 4566, 8866; RTSP's use of it RFC 2326, C). Lenient, because cameras are
/// not exact: any line ends, missing v=, o=, s= and t=, spaces around values, upper and lower case, static
/// payload types without rtpmap, wrong or missing clock rates of video, fmtp before rtpmap, broken sprop
/// parameter sets (ignored: they come in the stream). The first usable payload type of a section counts.
/// Unknown media are kept in `ignored`. Error `corrupt` when there is no `m=` section or the text exceeds 64
/// KiB or 64 sections.
base::Result<SessionDescription> parse_sdp(std::string_view text);

struct SdpOptions {
  std::string name = "Watchrig";         ///< s=
  std::string address = "127.0.0.1";     ///< of the origin, IPv4 or IPv6
  std::uint64_t session = 1;             ///< o= id and version
  std::string control_prefix = "track";  ///< sections have a=control:<prefix><index>
  std::uint16_t port =
      0;  ///< of the first section, each further one two higher; 0 in RTSP, where SETUP agrees on it
  /// Sections from this one on are sent by the client and say sendonly, those before it recvonly (ONVIF
  /// Streaming 5.3.2).
  std::optional<std::size_t> heard_from = {};
};

/// Describes the tracks in order, session control `*`. Every track must have a payload type; a video track
/// without parameter sets is described without them.
std::string write_sdp(const Presentation& tracks, const SdpOptions& options = {});

/// The tracks of the sections that can be received, in order.
Presentation presentation(const SessionDescription& description);

}  // namespace watchrig::media
