#include "simulators/camera/camera_faults.hpp"

#include <algorithm>
#include <cmath>

namespace watchrig::camera {

namespace {

using kernel::Fault;
using kernel::Verb;

constexpr Verb verbs[] = {Verb::power_cut, Verb::reset,      Verb::stall,       Verb::lose,
                          Verb::corrupt,   Verb::duplicate,  Verb::reorder,     Verb::delay,
                          Verb::burst,     Verb::clock_jump, Verb::clock_drift, Verb::lie};
constexpr std::string_view known_lies[] = {lies::no_key_frames, lies::bad_sdp, lies::unsupported_codec,
                                           lies::no_rtcp, lies::stranger_rtp};

/// Cut off within the first attribute, as firmware does whose buffer is too small.
constexpr std::string_view garbage = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=\xff\xfe\r\nt=0 0\r\nm=vid";
constexpr std::string_view exotic =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 X-DIRAC/90000\r\na=control:trackID=0\r\n";

}  // namespace

kernel::FaultForms camera_fault_forms(std::vector<std::string> streams) {
  return {verbs, std::move(streams), known_lies};
}

bool withholds(std::span<const Fault> faults, std::string_view stream, base::UtcTime time) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    return fault.verb == Verb::stall && fault.covers(stream, time);
  });
}

bool lies_about(std::span<const Fault> faults, std::string_view stream, std::string_view what,
                base::UtcTime time) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    return fault.verb == Verb::lie && fault.what == what && fault.covers(stream, time);
  });
}

base::Duration clock_offset(std::span<const Fault> faults, std::string_view stream, base::UtcTime time) {
  base::Duration offset{};
  for (const Fault& fault : faults) {
    if (!fault.covers(stream, time)) continue;
    if (fault.verb == Verb::clock_jump) offset += fault.by;
    if (fault.verb == Verb::clock_drift) {
      const auto elapsed = static_cast<double>((time - fault.begin).count());
      offset += base::Duration(std::llround(elapsed * fault.rate * 1e-6));
    }
  }
  return offset;
}

std::optional<std::string> false_sdp(std::span<const Fault> faults, std::string_view stream,
                                     base::UtcTime time) {
  if (lies_about(faults, stream, lies::bad_sdp, time)) return std::string(garbage);
  if (lies_about(faults, stream, lies::unsupported_codec, time)) return std::string(exotic);
  return std::nullopt;
}

}  // namespace watchrig::camera
