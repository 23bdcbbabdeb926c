#pragma once

#include <cstdint>
#include <memory>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/rtp_packet.hpp"
#include "system/media/rtp_receiver.hpp"

namespace watchrig::media {

/// A unit as put together from packets, before it has a place in time.
struct AssembledUnit {
  base::Bytes payload;
  std::uint32_t timestamp = 0;
  base::UtcTime first_received;  ///< arrival of its first packet
  base::UtcTime received;        ///< and of its last
  bool key = false;
  bool damaged = false;
  bool parameter_sets = false;  ///< has some
};

/// Takes finished units; may move the payload out, or leave it to be used again.
class UnitSink {
 public:
  virtual void on_unit(AssembledUnit& unit) = 0;

 protected:
  ~UnitSink() = default;
};

/// Puts the packets of one payload format together. Gets packets in order of their sequence numbers.
class Depacketizer {
 public:
  virtual ~Depacketizer() = default;
  /// `gap`: packets are missing before this one.
  virtual void push(const RtpPacketView& packet, bool gap, base::UtcTime received) = 0;
  /// No more packets come: what is incomplete is damaged.
  virtual void flush() = 0;
};

/// The depacketizer for the track's codec. Counts malformed, unsupported and missing_markers in `stats`; sink
/// and stats outlive it.
std::unique_ptr<Depacketizer> make_depacketizer(const Track& track, std::size_t max_unit_bytes,
                                                UnitSink& sink, RtpReceiverStats& stats);

}  // namespace watchrig::media
