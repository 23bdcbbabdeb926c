#pragma once

#include <optional>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/media/rtsp_message.hpp"

namespace watchrig::media {

/// In what way a virtual camera does otherwise than RFC 2326 at one connection; a real server has none. On
/// the connection's executor.
class RtspManners {
 public:
  virtual ~RtspManners() = default;
  /// What a request is answered in place of the usual, before anybody asks who sends it.
  virtual std::optional<RtspResponse> instead(const RtspRequest& request) = 0;
  /// True: the connection is closed without an answer to this request.
  virtual bool hangs_up(const RtspRequest& request) = 0;
  /// May change an answer before it is sent.
  virtual void change(const RtspRequest& request, RtspResponse& response) = 0;
  /// Whether a request of that method, or "RTCP", keeps the session alive.
  virtual bool keeps_alive(std::string_view method) = 0;
  /// Asked after each request with the right password: whether its nonce is worth nothing any more.
  virtual bool nonce_is_used_up() = 0;
  /// How long a session plays until the camera ends it; nothing: as long as it is wanted. Real time.
  virtual std::optional<base::Duration> session_life() = 0;
  /// It ends by sending nothing any more, while the connection stays and is answered.
  virtual bool falls_silent() = 0;
  /// The connection has a session, or has none any more (again and again the same is told once).
  virtual void session_changed(bool exists) = 0;
};

}  // namespace watchrig::media
