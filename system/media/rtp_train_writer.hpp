#pragma once

#include <cstdint>
#include <optional>

#include "system/base/byte_order.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtp_train.hpp"

namespace watchrig::media {

/// Appends packets to a train, each with its frame of interleaving and its RTP header. One train, then thrown
/// away.
class RtpTrainWriter {
 public:
  /// `header` is that of the first packet, which bears the mark too; the sequence number counts up from
  /// there.
  RtpTrainWriter(RtpTrain& train, const RtpHeader& header, std::size_t max_packet,
                 const std::optional<ReplayMark>& mark = {})
      : train_(train),
        header_(header),
        mark_(mark),
        room_(max_packet - rtp_header_size - (mark ? replay_mark_size : 0)) {}

  /// Most payload bytes a packet can take.
  std::size_t room() const { return room_; }
  /// Makes place for about so many bytes of media, so that the block grows once.
  void reserve(std::size_t payload_bytes, std::size_t pieces);
  /// One packet of `head` (payload header) and `body`, together at most room().
  void add(bool marker, base::ByteView head, base::ByteView body);
  /// Moves the timestamp of the packets to come.
  void advance_timestamp(std::uint32_t ticks) { header_.timestamp += ticks; }

  std::uint16_t next_sequence() const { return header_.sequence; }
  std::uint32_t octets() const { return octets_; }

 private:
  RtpTrain& train_;
  RtpHeader header_;
  std::optional<ReplayMark> mark_;  ///< until the first packet
  std::size_t room_;
  std::uint32_t octets_ = 0;
};

}  // namespace watchrig::media
