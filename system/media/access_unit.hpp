#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"

namespace watchrig::media {

enum class Codec : std::uint8_t { h264 = 1, h265 = 2, mjpeg = 3, aac = 4, pcmu = 5, pcma = 6 };

/// The name in messages, metrics and reports: "H.264", "H.265", "MJPEG", "AAC", "PCMU", "PCMA".
std::string_view to_string(Codec codec);
bool is_video(Codec codec);

/// What is known of one elementary stream before its first access unit.
struct Track {
  Codec codec{};
  std::uint32_t clock_rate = 90000;  ///< ticks a second of RTP timestamps
  std::uint8_t payload_type = 96;
  std::uint16_t width = 0;  ///< pixels; 0 when not known (audio, or no parameter sets yet)
  std::uint16_t height = 0;
  std::uint8_t channels = 0;  ///< audio channels
  /// H.264: SPS and PPS, H.265: VPS, SPS and PPS, each with a 4-byte big-endian length in front.
  /// AAC: the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). Others: empty.
  base::Bytes config;
};

/// The tracks of one stream of a channel, in SDP order; AccessUnit::track is an index into them.
using Presentation = std::vector<Track>;

/// One coded picture, or the audio frames of one RTP packet: parsed once, never changed, never copied again.
struct AccessUnit {
  std::uint16_t track = 0;
  Codec codec{};
  bool key = false;      ///< decoding can start here; always true for audio and MJPEG
  bool damaged = false;  ///< packets of it were lost; kept only where the reader asked for damaged units
  std::uint32_t rtp_timestamp = 0;
  base::UtcTime
      time;  ///< this server's media time: follows the RTP timestamps, anchored to the time of arrival
  base::UtcTime received;  ///< when its last packet came
  /// The sender's own UTC by its sender reports (RFC 3550, 6.4.1), or as recorded material tells it.
  std::optional<base::UtcTime> sender_time;
  /// H.264 and H.265: every NAL unit of the picture in order, parameter sets and SEI included, each with a
  /// 4-byte big-endian length in front. MJPEG: the JPEG file. AAC: one raw_data_block. G.711: samples.
  base::Bytes payload;
};

using AccessUnitPtr = std::shared_ptr<const AccessUnit>;

/// For BoundedQueue: what a unit weighs, and whether a reader that lost some may go on with it. Only a key
/// picture restarts a stream that has video; the hub drops audio together with the pictures.
std::size_t queued_bytes(const AccessUnitPtr& unit);
bool is_restart_point(const AccessUnitPtr& unit);

/// SHA-256 of the payload in lower-case hex: the identity by which recordings, exports and relays are
/// compared with what a virtual camera has sent.
std::string digest(base::ByteView payload);

}  // namespace watchrig::media
