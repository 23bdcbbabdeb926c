#pragma once

#include <boost/asio/awaitable.hpp>

#include "system/central/time/ntp_packet.hpp"

namespace watchrig::central {

struct NtpServer {
  std::string host;  ///< name or address
  std::uint16_t port = 123;
  bool operator==(const NtpServer&) const = default;
};

/// How a server is asked.
struct NtpManner {
  unsigned samples = 4;
  base::Duration between = std::chrono::seconds(2);   ///< samples, on the clock (RFC 5905, 13.1: a burst)
  base::Duration patience = std::chrono::seconds(2);  ///< for an answer, in real time
};

/// Asks a server a few times and keeps the answer that was on its way for the shortest time, since its offset
/// is the surest (RFC 4330, 5; RFC 5905, 10). Each request has a port and a nonce of its own; what comes from
/// elsewhere or answers something else is ignored. Two silences in a row end it. Errors: those of judge_ntp,
/// unavailable (name or host unknown, nobody listens there), timeout. The clock outlives it.
boost::asio::awaitable<base::Result<NtpSample>> ask_ntp(NtpServer server, const base::Clock& clock,
                                                        NtpManner manner);

}  // namespace watchrig::central
