#pragma once

#include <memory>

#include "system/media/rtsp_server.hpp"
#include "system/storage/relay/channel_set.hpp"

namespace watchrig::api {

/// What the RTSP server offers: /live/<channel id or name>[/main|/sub]. The channels outlive it. A stream
/// that has not been connected yet is waited for up to `patience` of model time, which also starts streams
/// that run on demand.
std::shared_ptr<media::RtspContent> make_live_content(storage::ChannelSet& channels, const base::Clock& clock,
                                                      base::Duration patience = std::chrono::seconds(5));

}  // namespace watchrig::api
