#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/frame_rate.hpp"

namespace watchrig::scene {

/// How one stream of a camera is coded, by the text in a rig file:
///   h264 1280x720@25 2Mbps [quality=60] [gop=50]
///                                       also h265 and mjpeg; the frame rate may be 12.5 or 29.97; with a
///                                       quality, the bit rate varies and is the highest allowed
///   passthrough                         the coded pictures of a file as they are
///   pcmu | pcma | aac [48kHz 64kbps]    sound: G.711 in packets of 20 ms, AAC at 16 kHz with 32 kb/s unless
///                                       told: 16, 32 or 48 kHz, 32, 48 or 64 kb/s
/// Limits: 16x16 to 7680x4320 even pixels, 1 to 120 frames a second, 16 kb/s to 100 Mb/s, quality 1 to 100,
/// GOP 1 to 1000 pictures; MJPEG up to 2040x2040 in multiples of 8 (RFC 2435, 3.1.5).
struct StreamProfile {
  std::optional<media::Codec> codec;  ///< nothing: passthrough
  int width = 0;
  int height = 0;
  media::FrameRate rate;            ///< units a second; audio: packets a second
  std::int64_t bitrate_bps = 0;     ///< of pictures and of AAC
  int gop = 0;                      ///< pictures from key to key; two seconds unless given
  std::optional<int> quality = {};  ///< of a variable bit rate; nothing: constant
  int sample_rate = 0;              ///< of AAC, in Hz

  bool passthrough() const { return !codec.has_value(); }
  bool operator==(const StreamProfile&) const = default;
};

/// Of AAC, in kHz and kb/s.
inline constexpr std::array aac_sample_rates{16, 32, 48}, aac_bitrates{32, 48, 64};
/// How sound is coded; without meaning for G.711, in Hz and bit/s for AAC: one of those above.
StreamProfile sound_profile(media::Codec codec, int sample_rate = 16'000, std::int64_t bitrate_bps = 32'000);

/// An error of kind invalid says which part is wrong and what is allowed.
base::Result<StreamProfile> parse_profile(std::string_view text);
/// The text that parse_profile reads back to the same profile.
std::string to_string(const StreamProfile& profile);

}  // namespace watchrig::scene
