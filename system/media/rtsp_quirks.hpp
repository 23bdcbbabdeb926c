#pragma once

#include <string_view>

/// What RTSP servers do in their own way, by the names under which it is told.
namespace watchrig::media::rtsp_quirks {

inline constexpr std::string_view no_rtcp = "no-rtcp", rtcp_clock_wrong = "rtcp-clock-wrong",
                                  no_marker = "no-marker", timestamp_jumps = "timestamp-jumps";
inline constexpr std::string_view sdp_without_parameters = "sdp-without-parameters",
                                  sdp_without_control = "sdp-without-control",
                                  sdp_foreign_host = "sdp-foreign-host", sdp_wrong_clock = "sdp-wrong-clock",
                                  sdp_unknown_lines = "sdp-unknown-lines",
                                  content_base_wrong = "content-base-wrong";
inline constexpr std::string_view digest_without_qop = "digest-without-qop",
                                  digest_stale_each = "digest-stale-each",
                                  unauthorized_storm = "unauthorized-storm";
inline constexpr std::string_view session_dies = "session-dies", session_goes_silent = "session-goes-silent",
                                  teardown_ignored = "teardown-ignored",
                                  keep_alive_by_get_parameter = "keep-alive-by-get-parameter",
                                  keep_alive_by_options = "keep-alive-by-options",
                                  get_parameter_refused = "get-parameter-refused",
                                  get_parameter_closes = "get-parameter-closes";

}  // namespace watchrig::media::rtsp_quirks
