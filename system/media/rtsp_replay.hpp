#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/media/rtsp_message.hpp"

namespace watchrig::media {

/// Where a track stands: of the next packet that a reader gets.
struct RtpPosition {
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint32_t rtp_timestamp = 0;
};

using RtpPositions = std::vector<std::optional<RtpPosition>>;  ///< by track

/// What a PLAY of recorded material asks for (ONVIF Streaming, 6).
struct RtspReplay {
  /// The earliest there is where none is told, backwards the latest (`max()`); playing begins at the key
  /// picture at or before it.
  base::UtcTime from = base::UtcTime::min();
  std::optional<base::UtcTime> to;  ///< where none is told, the end of what is recorded, backwards its begin
  bool backwards = false;
  bool rate_control = true;  ///< false: as fast as the reader takes it
  bool key_pictures_only = false;
  double speed = 1;          ///< Scale: of what is shown against real time, greater than 0
  double delivery = 1;       ///< Speed: of sending against showing, greater than 0
  bool marked = false;       ///< the client knows the RTP header extension: it has required onvif-replay
  unsigned request = 0;      ///< CSeq of the PLAY
  std::string session = {};  ///< of the PLAY

  static constexpr double slowest = 1.0 / 16, fastest = 64;
};

/// The feature that recorded material requires of both sides (ONVIF Streaming, 6.2.1).
inline constexpr std::string_view replay_feature = "onvif-replay";

/// `Range: clock=20260131T120000.500Z-20260131T120100Z`; `npt=0-` and `npt=now-`, by which players of files
/// begin, are the beginning. Backwards, the range has its later end first.
/// Errors: invalid (no range, or one that runs the other way), unsupported (that Scale or Speed).
base::Result<RtspReplay> read_replay(const RtspRequest& request);
/// `clock=…`, the open end left out.
std::string clock_range(base::UtcTime from, std::optional<base::UtcTime> to);

}  // namespace watchrig::media
