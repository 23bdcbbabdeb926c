#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "system/base/byte_order.hpp"
#include "system/base/clock.hpp"

namespace watchrig::central {

/// Seconds since 1900 as 32.32 fixed point (RFC 5905, 6); they begin anew in 2036.
using NtpTimestamp = std::uint64_t;

NtpTimestamp to_ntp(base::UtcTime time);
/// Of the times that a timestamp can mean, the one next to `near`.
base::UtcTime from_ntp(NtpTimestamp timestamp, base::UtcTime near);

/// The header of a packet (RFC 5905, 7.3); what follows it, extensions and a digest, is not read.
struct NtpPacket {
  static constexpr std::size_t size = 48;
  static constexpr unsigned client = 3;  ///< modes
  static constexpr unsigned server = 4;

  unsigned leap = 0;  ///< 3: the server's clock is not synchronised
  unsigned version = 4;
  unsigned mode = client;
  unsigned stratum = 0;  ///< 0: a kiss of death; 16: not synchronised
  base::Duration root_delay{};
  base::Duration root_dispersion{};
  std::string reference;  ///< four bytes: of stratum 1 and a kiss of death letters, else an address
  NtpTimestamp reference_time = 0;
  NtpTimestamp origin = 0;
  NtpTimestamp receive = 0;
  NtpTimestamp transmit = 0;

  /// Nothing when it is too short.
  static std::optional<NtpPacket> parse(base::ByteView bytes);
};

/// The request of a client. `nonce` stands where a client may tell its time: the answer repeats it, so that
/// nobody who has not seen the request can answer.
std::array<std::uint8_t, NtpPacket::size> ntp_request(NtpTimestamp nonce);

/// What one exchange has found out.
struct NtpSample {
  base::Duration offset{};  ///< to be added to the own clock
  base::Duration delay{};   ///< of the way there and back; half of it is what the offset may be wrong by
  unsigned stratum = 0;
  std::string reference;  ///< letters or an address of IPv4
};

/// Judges an answer to a request that was sent and answered at these times of the own clock. Errors: denied
/// (a kiss of death: stop), full (a kiss of death: ask less often), unavailable (the server's clock is not
/// synchronised), corrupt (it contradicts itself).
base::Result<NtpSample> judge_ntp(const NtpPacket& answer, base::UtcTime sent, base::UtcTime received);

}  // namespace watchrig::central
