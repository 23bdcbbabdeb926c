#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/media/access_unit.hpp"
#include "system/media/reorder_patience.hpp"

namespace watchrig::media {

/// What becomes of units after packets were lost. A recorder keeps whatever arrived whole, because those
/// units are still bit for bit what the camera has sent, even when a picture they refer to is missing.
enum class DamagePolicy {
  drop_damaged,     ///< only units that miss bytes are dropped
  deliver_damaged,  ///< they are delivered too, with AccessUnit::damaged set, unless nothing of them is left
  drop_until_key,   ///< they and everything after them up to the next key unit are dropped
};

struct RtpReceiverOptions {
  std::uint16_t track_index = 0;  ///< AccessUnit::track of the units delivered
  /// The transport keeps the order (RTSP interleaved in TCP): a gap is a loss at once, nothing is held back.
  bool ordered = true;
  std::size_t reorder_packets = 256;  ///< most packets held back for one that is missing; at most 4096
  ReorderLimits reorder = {.usual = std::chrono::milliseconds(200)};  ///< and how long
  DamagePolicy damage = DamagePolicy::drop_damaged;
  std::size_t max_unit_bytes = std::size_t{16} << 20;  ///< a larger unit is given up as damaged
  /// Another SSRC is a stranger until the known sender has been silent for this long or has said BYE.
  base::Duration sender_silence = std::chrono::seconds(1);
  /// How far `time` may be off the time of arrival before it is anchored anew; larger on an accelerated
  /// clock.
  base::Duration max_offset = std::chrono::seconds(1);
  /// AccessUnit::time is later than this: the last unit of the connection before this one.
  std::optional<base::UtcTime> after = {};
};

struct RtpReceiverStats {
  std::uint64_t packets = 0;  ///< of the known sender, duplicates and late ones included
  std::uint64_t bytes = 0;    ///< of these, with RTP headers
  std::uint64_t lost = 0;     ///< missing when their turn came
  std::uint64_t duplicates = 0;
  std::uint64_t late = 0;         ///< came after they were given up as lost
  std::uint64_t reordered = 0;    ///< came after a packet with a higher number, in time to be put right
  std::uint64_t malformed = 0;    ///< not RTP or RTCP, or a payload that breaks its format
  std::uint64_t unsupported = 0;  ///< payload kinds not handled: STAP-B, FU-B, MTAP, PACI, AAC interleaving
  std::uint64_t strangers = 0;    ///< packets of another SSRC
  std::uint64_t foreign_payload = 0;  ///< packets of another payload type
  std::uint64_t sender_changes = 0;   ///< another SSRC was accepted as the sender's restart
  std::uint64_t sequence_jumps = 0;   ///< the numbering began anew without a new SSRC
  std::uint64_t units = 0;            ///< delivered
  std::uint64_t key_units = 0;        ///< of these, key units
  std::uint64_t damaged_units = 0;    ///< packets of the unit were lost or broken
  std::uint64_t skipped_units = 0;    ///< whole, but dropped by drop_until_key
  std::uint64_t missing_markers = 0;  ///< units ended by a new timestamp
  std::uint64_t reanchored = 0;       ///< `time` was anchored to the arrival anew
  std::uint64_t parameter_set_changes = 0;
  std::uint64_t sender_reports = 0;
  std::uint64_t timestamp_jumps = 0;  ///< `time` was anchored anew because the timestamps leapt
  base::Duration jitter{};            ///< interarrival jitter (RFC 3550, 6.4.1)
  /// The sender's UTC minus this server's by the last sender report, and how fast the difference grows.
  std::optional<base::Duration> clock_offset;
  std::optional<double> clock_drift_ppm;
};

/// Makes access units of the RTP packets of one track. Takes any bytes; what is wrong with them is counted in
/// stats() and never an error. Costs one copy, from the packet into the unit's payload; only packets out of
/// order are copied twice. Not thread-safe: belongs to the executor of its stream.
///
/// Whose packets count: the first SSRC is the sender. Packets of another SSRC are strangers' and dropped,
/// until the sender has been silent for `sender_silence` (by arrival) or has said BYE, and the newcomer has
/// sent two packets in sequence: then it is the sender restarted, and everything but AccessUnit::time begins
/// anew. Numbers that leap by more than 3000 forwards or 100 backwards are taken for a new numbering when two
/// packets follow each other there (RFC 3550, A.1), otherwise for a stray packet.
class RtpReceiver {
 public:
  using Deliver = std::function<void(AccessUnitPtr)>;

  /// `deliver` is called from push(), expire() and flush(); it must not call back into the receiver.
  RtpReceiver(Track track, const RtpReceiverOptions& options, Deliver deliver);
  ~RtpReceiver();
  RtpReceiver(RtpReceiver&&) noexcept;
  RtpReceiver& operator=(RtpReceiver&&) noexcept;

  /// One RTP packet as it came, and when. The bytes are not used after the call.
  void push(base::ByteView packet, base::UtcTime received);
  /// One RTCP compound of the sender.
  void push_rtcp(base::ByteView packet, base::UtcTime received);
  /// Gives up packets for which the reorder time has passed; to be called several times a second over
  /// UDP, because a sender that has stopped lets nothing else notice.
  void expire(base::UtcTime now);
  /// The connection ends: delivers what is held back. A unit without marker at the end counts as damaged.
  void flush();

  /// The track with the parameter sets (and so width and height) last seen in the stream, or those of the
  /// constructor.
  const Track& track() const;
  RtpReceiverStats stats() const;
  /// The sender, once known.
  std::optional<std::uint32_t> sender_ssrc() const;
  /// A compound of receiver report and CNAME for the sender (RFC 3550, 6.4.2); begins a new interval for the
  /// fraction lost.
  base::Bytes make_receiver_report(std::uint32_t own_ssrc, base::UtcTime now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace watchrig::media
