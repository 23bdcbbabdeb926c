#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::media {

/// One transport of a Transport header (RFC 2326, 12.39). Ports and channels are RTP, then RTCP.
struct RtspTransport {
  bool supported = true;  ///< RTP/AVP over TCP interleaving or UDP unicast, to be played
  bool tcp = false;
  std::optional<std::pair<std::uint8_t, std::uint8_t>> interleaved;
  std::optional<std::pair<std::uint16_t, std::uint16_t>> client_port;
  std::optional<std::pair<std::uint16_t, std::uint16_t>> server_port;
  std::optional<std::uint32_t> ssrc;
  std::string source;  ///< the host that sends, where it is not the server itself
};

/// In the order of preference. Errors: invalid (a port or channel that is no number or out of range).
base::Result<std::vector<RtspTransport>> parse_transport(std::string_view header);
std::string format_transport(const RtspTransport& transport);

/// RFC 2326, 12.37.
struct RtspSessionHeader {
  std::string id;
  std::chrono::seconds timeout{60};
};
base::Result<RtspSessionHeader> parse_session(std::string_view header);

/// Whether a Range (RFC 2326, 12.29) begins now, the only place where a live stream can be read: `npt=now-`,
/// `npt=0-`, `npt=0.000-`. Errors: invalid (no range).
base::Result<bool> is_live_range(std::string_view header);

}  // namespace watchrig::media
