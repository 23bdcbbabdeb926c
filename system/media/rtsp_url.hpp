#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "system/base/result.hpp"
#include "system/media/digest_auth.hpp"

namespace watchrig::media {

/// `rtsp://[user[:password]@]host[:port][/path][?query]` (RFC 2326, 3.2), or `rtsps://` for TLS (RFC 7826,
/// 19.2). `rtsph://` and `rtspsh://` are the same through HTTP (rtsp_tunnel.hpp), as are `http://` and
/// `https://`, of which ONVIF speaks, with their own usual ports. User and password may be percent-encoded;
/// path and query are kept as written, because some cameras compare them byte by byte.
struct RtspUrl {
  static constexpr std::uint16_t usual_port = 554;
  static constexpr std::uint16_t usual_tls_port = 322;

  bool tls = false;
  bool http = false;  ///< through HTTP
  std::string host;   ///< without the brackets of an IPv6 address
  std::uint16_t port = usual_port;
  std::string path_and_query;  ///< empty or beginning with `/` or `?`
  Credentials credentials;

  /// What goes into requests and messages: rtsp or rtsps, no credentials, and the port only where it is not
  /// the usual one.
  std::string text() const;
};

/// Errors: invalid (no rtsp URL, no host, bad port, longer than 2048 bytes, control characters).
base::Result<RtspUrl> parse_rtsp_url(std::string_view text);

/// The URL of a track from its SDP control attribute: absolute ones are kept, others appended to the base,
/// which is what servers and clients do rather than RFC 1808. `base_url` is Content-Base, Content-Location or
/// the request's URL.
std::string resolve_control(std::string_view base_url, std::string_view control);

/// Undoes %XX; what is no valid escape is kept as it is.
std::string percent_decode(std::string_view text);

}  // namespace watchrig::media
