#pragma once

#include <cstdint>
#include <optional>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::media {

/// Size of the fixed header without contributing sources and extension (RFC 3550, 5.1).
inline constexpr std::size_t rtp_header_size = 12;

/// The header extension of recorded material, on the first packet of each unit (ONVIF Streaming, 6.3).
struct ReplayMark {
  base::UtcTime time;          ///< by the clock of the device that recorded the unit
  bool clean_point = false;    ///< decoding can begin here
  bool section_end = false;    ///< what was recorded without a hole ends with this unit
  bool discontinuity = false;  ///< there is a hole before this unit
  bool last = false;           ///< nothing follows
  std::uint8_t request = 0;    ///< low byte of the CSeq of the PLAY that it answers
};
inline constexpr std::size_t replay_mark_size = 16;

/// The fixed header of a packet; what a receiver of one stream never needs (CSRC, other extensions) is
/// skipped.
struct RtpHeader {
  bool marker = false;
  std::uint8_t payload_type = 0;  ///< 0 to 127
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

struct RtpPacketView {
  RtpHeader header;
  base::ByteView payload;  ///< without padding; points into the parsed packet
  std::optional<ReplayMark> replay = {};
};

/// Reads one packet (RFC 3550, 5.1). Error `corrupt` when it is truncated, of another version, or when CSRC
/// list, extension or padding do not fit into it. An empty payload is legal.
base::Result<RtpPacketView> parse_rtp(base::ByteView packet);

/// Writes the twelve bytes of a header without padding, extension or CSRC.
void write_rtp_header(std::uint8_t* at, const RtpHeader& header);

/// Writes the extension behind the header at `packet`, whose bit it sets.
void write_replay_mark(std::uint8_t* packet, const ReplayMark& mark);

/// Whether a packet received on a port or channel shared by RTP and RTCP is RTCP (RFC 5761, 4).
bool is_rtcp(base::ByteView packet);

}  // namespace watchrig::media
