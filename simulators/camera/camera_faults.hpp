#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/kernel/fault.hpp"

namespace watchrig::camera {

/// What a camera calls a lie: a way in which it breaks RTSP, SDP, RTP or RTCP.
namespace lies {
inline constexpr std::string_view no_key_frames = "no-key-frames";          ///< key pictures are left out
inline constexpr std::string_view bad_sdp = "bad-sdp";                      ///< DESCRIBE answers with garbage
inline constexpr std::string_view unsupported_codec = "unsupported-codec";  ///< SDP offers a codec nobody has
inline constexpr std::string_view no_rtcp = "no-rtcp";                      ///< no sender reports
inline constexpr std::string_view stranger_rtp = "stranger-rtp";  ///< packets of a foreign SSRC in between
}  // namespace lies

/// The forms of fault for a camera with these streams.
kernel::FaultForms camera_fault_forms(std::vector<std::string> streams);

/// Whether a unit captured at `time` never leaves the camera.
bool withholds(std::span<const kernel::Fault> faults, std::string_view stream, base::UtcTime time);

/// Whether the camera tells this lie about the stream at `time`.
bool lies_about(std::span<const kernel::Fault> faults, std::string_view stream, std::string_view what,
                base::UtcTime time);

/// How much the camera's own clock is ahead at `time`, by all clock-jumps and clock-drifts in force.
base::Duration clock_offset(std::span<const kernel::Fault> faults, std::string_view stream,
                            base::UtcTime time);

/// What DESCRIBE answers instead of the truth, if the camera lies about it.
std::optional<std::string> false_sdp(std::span<const kernel::Fault> faults, std::string_view stream,
                                     base::UtcTime time);

}  // namespace watchrig::camera
