#pragma once

#include "simulators/camera/personalities/quirks.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

/// Has the RTSP server of a camera do as these quirks say; last, because it comes before the packet filter
/// that is there. The clock outlives the server.
void make_quirky(media::RtspServer::Options& options, const Quirks& quirks, const base::Clock& clock);

}  // namespace watchrig::camera
