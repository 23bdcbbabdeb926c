#pragma once

#include <cstdint>
#include <optional>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtp_train.hpp"

namespace watchrig::media {

/// Cuts the access units of one track into RTP packets: H.264 by RFC 6184 packetization mode 1 (single NAL
/// unit, FU-A), H.265 by RFC 7798 (single NAL unit, FU), MJPEG by RFC 2435, AAC by RFC 3640 mode AAC-hbr,
/// G.711 by RFC 3551. Costs one copy of the payload. Not thread-safe: belongs to the executor of its stream.
class RtpPacketizer {
 public:
  /// `track_index` chooses the interleaved channel (2 * track_index) in the trains. `max_packet` is the
  /// largest RTP packet, header included, 320 to 65535 bytes; 1400 leaves room for IP, UDP and a tunnel in an
  /// Ethernet frame. The first sequence number is derived from the SSRC, which the caller draws at random
  /// (RFC 3550, 5.1).
  RtpPacketizer(const Track& track, std::uint16_t track_index, std::uint32_t ssrc,
                std::size_t max_packet = 1400);

  /// The packets of one access unit; the last one has the marker bit, but for G.711, which has no units.
  /// `time` is the UTC of `rtp_timestamp`; `mark` goes with recorded material. Error `invalid` when the
  /// payload has not the form of AccessUnit::payload or is empty, `unsupported` for a JPEG that RFC 2435
  /// cannot carry (progressive, other sampling than 4:2:0 and 4:2:2, Huffman tables of its own); the sequence
  /// numbers do not move then.
  base::Result<RtpTrainPtr> packetize(base::ByteView payload, bool key, std::uint32_t rtp_timestamp,
                                      base::UtcTime time, const std::optional<ReplayMark>& mark = {});
  base::Result<RtpTrainPtr> packetize(const AccessUnit& unit);

  std::uint32_t ssrc() const { return ssrc_; }
  /// The sequence number of the next packet: `seq` of RTP-Info for a reader that joins now.
  std::uint16_t next_sequence() const { return next_sequence_; }
  /// Goes on where another packetizer with the same SSRC has stopped.
  void continue_at(std::uint16_t sequence) { next_sequence_ = sequence; }
  /// Packets and payload bytes made so far, for sender reports.
  std::uint32_t packets() const { return packets_; }
  std::uint32_t octets() const { return octets_; }

 private:
  Codec codec_;
  std::uint8_t payload_type_;
  std::uint16_t track_index_;
  std::uint16_t next_sequence_;
  std::uint32_t ssrc_;
  std::size_t max_packet_;
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;
};

}  // namespace watchrig::media
