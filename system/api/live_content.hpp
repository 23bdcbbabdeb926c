#pragma once

#include <functional>
#include <memory>
#include <string>

#include "system/central/device_notes.hpp"
#include "system/central/storage_queries.hpp"
#include "system/media/live_streams.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::api {

/// What the RTSP server offers: /live/<channel id or name>[/main|/sub|/sub2]. Storage is asked whether it
/// relays what somebody wants to see, which is noted as their play_request; the media come from the streams
/// themselves. All three outlive it. A stream that has not been connected yet is waited for up to `patience`
/// of model time, which also starts streams that run on demand. `may_view` decides by the user and the host
/// of the RTSP session and the channel's id; who may not is told that there is no such stream.
using MayView = std::function<bool(const media::RtspTarget& asked, const std::string& channel)>;
std::shared_ptr<media::RtspContent> make_live_content(const media::LiveStreams& streams,
                                                      central::StorageQueries& storage,
                                                      central::DeviceNotes& notes, const base::Clock& clock,
                                                      MayView may_view,
                                                      base::Duration patience = std::chrono::seconds(5));

}  // namespace watchrig::api
