#pragma once

#include <optional>

#include "system/media/unit_assembly.hpp"

namespace watchrig::media {

/// H.264 (RFC 6184: single NAL unit, STAP-A, FU-A) and H.265 (RFC 7798: single NAL unit, AP, FU; no DON).
///
/// A unit ends with the marker or with a new timestamp. Two habits of cameras are allowed for: markers on
/// packets without a slice (parameter sets sent as if they were a picture) do not end the unit, such units
/// join the picture that follows; and when a slice that is not the first of its picture follows a marker
/// without a new timestamp, the markers are no longer believed.
///
/// After a gap it cannot be seen directly whether the first packets of a unit are among those lost. The unit
/// counts as whole when it begins with a NAL unit type with which units of this stream (key units among
/// themselves, others among themselves) have been seen to begin, and not inside a picture.
class H26xDepacketizer final : public Depacketizer {
 public:
  H26xDepacketizer(Codec codec, std::size_t max_unit_bytes, UnitSink& sink, RtpReceiverStats& stats)
      : codec_(codec), assembly_(max_unit_bytes, sink), stats_(stats) {}

  void push(const RtpPacketView& packet, bool gap, base::UtcTime received) override;
  void flush() override;

 private:
  void prepare(const RtpPacketView& packet, bool gap, base::UtcTime received);
  void finish();
  void add_payload(base::ByteView payload);
  void add_nal(base::ByteView nal);
  void add_aggregate(base::ByteView nals);
  void add_fragment(base::ByteView payload);
  void start_fragment(base::ByteView header, std::uint8_t type);
  void end_fragment();
  void see_nal_start(std::uint8_t type, base::ByteView body);
  void see_first_nal(std::uint8_t type, bool inside_picture);
  void break_unit(std::uint64_t& counter);

  Codec codec_;
  UnitAssembly assembly_;
  RtpReceiverStats& stats_;
  std::optional<std::size_t> fragment_;  ///< where the length of the NAL unit being put together stands
  bool start_proven_ = false;            ///< the unit's first packet followed the last one of the unit before
  bool first_nal_seen_ = false;
  std::uint8_t first_type_ = 0;
  bool slice_seen_ = false;
  bool marker_seen_ = false;
  bool markers_unreliable_ = false;
  bool follows_ = true;  ///< a unit has ended, or the stream begins, and nothing was lost since
  std::optional<std::uint32_t> last_timestamp_;
  std::uint64_t usual_first_types_[2] =
      {};  ///< of other and of key units; bit n: some have begun with type n
};

}  // namespace watchrig::media
