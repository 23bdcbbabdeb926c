#pragma once

#include "system/media/unit_assembly.hpp"

namespace watchrig::media {

/// AAC in mode AAC-hbr (RFC 3640, 3.3.6): several frames a packet or fragments of one, without interleaving.
/// Each frame becomes a unit.
class AacDepacketizer final : public Depacketizer {
 public:
  AacDepacketizer(const Track& track, std::size_t max_unit_bytes, UnitSink& sink, RtpReceiverStats& stats);
  void push(const RtpPacketView& packet, bool gap, base::UtcTime received) override;
  void flush() override;

 private:
  void add_frames(base::ByteView headers, base::ByteView data, std::uint32_t timestamp,
                  base::UtcTime received);
  void add_fragment(std::size_t frame_size, base::ByteView data, std::uint32_t timestamp,
                    base::UtcTime received);
  void finish();

  UnitAssembly assembly_;
  RtpReceiverStats& stats_;
  std::uint32_t frame_ticks_;
  std::size_t fragmented_size_ = 0;  ///< of the frame being put together
};

/// G.711 (RFC 3551, 4.5.14): each packet is a unit.
class G711Depacketizer final : public Depacketizer {
 public:
  G711Depacketizer(std::size_t max_unit_bytes, UnitSink& sink) : assembly_(max_unit_bytes, sink) {}
  void push(const RtpPacketView& packet, bool gap, base::UtcTime received) override;
  void flush() override {}

 private:
  UnitAssembly assembly_;
};

}  // namespace watchrig::media
