#pragma once

#include <functional>
#include <memory>

#include "system/api/live_content.hpp"
#include "system/api/playback_readers.hpp"
#include "system/api/server_parts.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::api {

/// Recordings by RTSP: /playback/<channel id or name>[/main|/sub|/sub2][?from=…][&to=…][&stream=…], times in
/// UTC as 2026-01-31T12:00:00Z. Without `from` they begin where the recordings do, without `to` they go on up
/// to what is being recorded. Scale from 1/16 to 16 and -1/16 to -16, Speed from 1/16 to 16; a PLAY may name
/// another range, by clock=. `may_play` decides by the user and the host of the session and the channel's id;
/// who may not is told that there are none. The parts outlive it.
std::shared_ptr<media::RtspContent> make_playback_content(ServerParts& parts,
                                                          std::shared_ptr<PlaybackReaders> readers,
                                                          MayView may_play);

/// What begins with /playback/ is of the second one.
std::shared_ptr<media::RtspContent> make_stream_content(std::shared_ptr<media::RtspContent> live,
                                                        std::shared_ptr<media::RtspContent> playback);

}  // namespace watchrig::api
