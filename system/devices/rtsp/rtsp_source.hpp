#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "system/devices/attempt_pace.hpp"
#include "system/devices/backoff.hpp"
#include "system/devices/stream_locator.hpp"
#include "system/devices/video_source.hpp"
#include "system/media/rtsp_client.hpp"
#include "system/media/stream_hub.hpp"

namespace watchrig::devices {

/// One stream of a device that is reached by an RTSP address. One connection, however many readers the hub
/// has. Everything runs on `executor`.
struct RtspSourceOptions {
  media::RtspClient::Options client;
  /// Names the address in place of client.url, for devices that are asked for it first.
  std::shared_ptr<StreamLocator> locator;
  /// True: connected only while the hub has readers, and for `idle_stop` after the last one has gone.
  bool on_demand = false;
  base::Duration idle_stop = std::chrono::seconds(10);
  Backoff::Options backoff;
  /// Shared with others; a stream that somebody has just asked for does not wait for it. May be null.
  std::shared_ptr<AttemptPace> pace = {};
  std::uint64_t seed = 0;  ///< of the back-off's jitter
};

std::shared_ptr<VideoSource> make_rtsp_source(boost::asio::any_io_executor executor, const base::Clock& clock,
                                              std::shared_ptr<media::StreamHub> hub,
                                              RtspSourceOptions options, VideoSource::Listener listener,
                                              VideoSource::DamageListener damage,
                                              VideoSource::QuirkListener quirk = {});

}  // namespace watchrig::devices
