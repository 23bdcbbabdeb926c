#pragma once

#include "system/media/jpeg_format.hpp"
#include "system/media/unit_assembly.hpp"

namespace watchrig::media {

/// MJPEG (RFC 2435), types 0, 1, 64 and 65, any Q. A side of 0 in the header (larger than 2040 pixels) and
/// the exact size of a picture that is not a multiple of 8 are taken from the track, where the SDP has put
/// them.
class JpegDepacketizer final : public Depacketizer {
 public:
  JpegDepacketizer(const Track& track, std::size_t max_unit_bytes, UnitSink& sink, RtpReceiverStats& stats)
      : track_width_(track.width),
        track_height_(track.height),
        assembly_(max_unit_bytes, sink),
        stats_(stats) {}

  void push(const RtpPacketView& packet, bool gap, base::UtcTime received) override;
  void flush() override;

 private:
  struct Head {
    std::size_t offset = 0;
    std::uint8_t quality = 0;
    JpegPicture picture;
    base::ByteView rest;
  };
  bool read_head(base::ByteView payload, Head& head);
  bool read_tables(Head& head);
  void finish();

  std::uint16_t track_width_;
  std::uint16_t track_height_;
  UnitAssembly assembly_;
  RtpReceiverStats& stats_;
  std::size_t scan_begin_ = 0;  ///< in the payload
  std::uint8_t cached_quality_ =
      0;  ///< whose tables are in cached_: a sender may leave out tables sent before
  std::uint8_t cached_wide_ = 0;
  base::Bytes cached_;
};

}  // namespace watchrig::media
