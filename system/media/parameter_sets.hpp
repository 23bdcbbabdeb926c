#pragma once

#include <cstdint>
#include <string>

#include "system/base/byte_order.hpp"
#include "system/base/result.hpp"
#include "system/media/access_unit.hpp"

namespace watchrig::media {

/// Goes through the NAL units of a length-prefixed payload:
///   NalReader reader(payload);
///   while (reader.next()) use(reader.nal());
///   if (!reader.whole()) ...  a length leaves the payload
/// Empty NAL units are skipped.
class NalReader {
 public:
  explicit NalReader(base::ByteView payload) : rest_(payload) {}
  bool next();
  base::ByteView nal() const { return nal_; }
  /// After next() was false: the lengths add up to the payload.
  bool whole() const { return rest_.empty(); }

 private:
  base::ByteView rest_;
  base::ByteView nal_;
};

/// nal_unit_type from the first byte of a NAL unit (ITU-T H.264 and H.265, 7.3.1).
constexpr std::uint8_t nal_type(Codec codec, std::uint8_t first_byte) {
  return codec == Codec::h265 ? (first_byte >> 1) & 0x3f : first_byte & 0x1f;
}
/// A slice: coded data of a picture.
constexpr bool is_slice(Codec codec, std::uint8_t type) {
  return codec == Codec::h265 ? type < 32 : type >= 1 && type <= 5;
}
/// A slice of a picture where decoding can start: H.264 IDR; H.265 BLA, IDR, CRA.
constexpr bool is_key_slice(Codec codec, std::uint8_t type) {
  return codec == Codec::h265 ? type >= 16 && type <= 21 : type == 5;
}
/// SPS and PPS, for H.265 also VPS.
constexpr bool is_parameter_set(Codec codec, std::uint8_t type) {
  return codec == Codec::h265 ? type >= 32 && type <= 34 : type == 7 || type == 8;
}

/// Whether decoding can start at this payload: it has a key slice, or (H.264) a recovery point SEI with count
/// 0 (D.2.8), as cameras with intra refresh send it. Always true for MJPEG and audio.
bool is_key(Codec codec, base::ByteView payload);

/// The parameter sets of a payload in the form of Track::config: VPS, SPS, PPS in this order, duplicates
/// once. Empty unless SPS and PPS (H.265: and VPS) are all there.
base::Bytes find_parameter_sets(Codec codec, base::ByteView payload);

struct SpsInfo {
  std::uint16_t width = 0;  ///< pixels after cropping
  std::uint16_t height = 0;
  std::string codec_string;  ///< RFC 6381: "avc1.64001f", "hvc1.1.6.L93.B0"
};

/// Reads an SPS (NAL unit with header; ITU-T H.264 7.3.2.1.1, H.265 7.3.2.2). Error `corrupt` when it ends
/// early or has values out of range, `unsupported` for another codec.
base::Result<SpsInfo> parse_sps(Codec codec, base::ByteView nal);
/// The same of the first SPS in Track::config or in a payload.
base::Result<SpsInfo> find_sps(Codec codec, base::ByteView payload);

/// What MSE and MP4 call the track's codec, RFC 6381: "avc1.64001f", "hvc1.1.6.L93.B0", "mp4a.40.2", "ulaw",
/// "alaw", "jpeg". Error `invalid` when the parameter sets are needed and missing or broken.
base::Result<std::string> codec_string(const Track& track);

/// Sets config, width and height of the track from a payload that has all parameter sets. True when they
/// differ from those that the track had.
bool update_parameter_sets(Track& track, base::ByteView payload);

/// From start codes (ITU-T H.264 and H.265, Annex B) to lengths; bytes before the first start code are
/// dropped, and trailing zero bytes of each NAL unit.
base::Bytes annexb_to_length_prefixed(base::ByteView annexb);
/// To 4-byte start codes; a truncated last NAL unit is dropped.
base::Bytes length_prefixed_to_annexb(base::ByteView payload);

/// Appends one NAL unit with its length.
void append_nal(base::Bytes& payload, base::ByteView nal);

}  // namespace watchrig::media
