#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::media {

/// What a receiver says of one source (RFC 3550, 6.4.1).
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;      ///< of 256, since the last report
  std::int32_t cumulative_lost = 0;    ///< 24 bits, may be negative when packets were duplicated
  std::uint32_t highest_sequence = 0;  ///< extended by the cycle count in the upper 16 bits
  std::uint32_t jitter = 0;            ///< RTP clock ticks
  std::uint32_t last_sr = 0;  ///< middle 32 bits of the NTP time of the last sender report; 0: none yet
  std::uint32_t delay_since_last_sr = 0;  ///< 1/65536 s
};

struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;  ///< 32.32 fixed point seconds since 1900; 0: the sender has no clock
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::vector<ReportBlock> blocks;
};

struct ReceiverReport {
  std::uint32_t ssrc = 0;
  std::vector<ReportBlock> blocks;
};

struct SourceDescription {
  std::uint32_t ssrc = 0;
  std::string cname;
};

struct Goodbye {
  std::vector<std::uint32_t> ssrcs;
  std::string reason;
};

/// The packets of one compound, each kind in the order in which they came.
struct RtcpCompound {
  std::vector<SenderReport> sender_reports;
  std::vector<ReceiverReport> receiver_reports;
  std::vector<SourceDescription> descriptions;
  std::vector<Goodbye> goodbyes;
  unsigned others = 0;  ///< packets of other types (APP, feedback), skipped
};

/// Reads a compound packet (RFC 3550, 6.1). A compound need not begin with a report, because cameras send
/// lone BYEs and lone SDES. Error `corrupt` when a packet's length leaves the buffer or is too small for its
/// counts.
base::Result<RtcpCompound> parse_rtcp(base::ByteView packet);

/// Writers append to `out`, so that a compound is written packet by packet. At most 31 blocks or sources are
/// written.
void write_rtcp(const SenderReport& report, base::Bytes& out);
void write_rtcp(const ReceiverReport& report, base::Bytes& out);
void write_rtcp(const SourceDescription& description, base::Bytes& out);
void write_rtcp(const Goodbye& goodbye, base::Bytes& out);

/// UTC as an NTP timestamp of its era (RFC 5905, 6; eras change in 2036), and back. from_ntp() takes the
/// instant between 1968 and 2104; it gives nothing for 0, which means that the sender has no clock.
std::uint64_t to_ntp(base::UtcTime time);
std::optional<base::UtcTime> from_ntp(std::uint64_t ntp);

}  // namespace watchrig::media
