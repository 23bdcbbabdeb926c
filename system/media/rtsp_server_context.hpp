#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "system/base/clock.hpp"
#include "system/media/rtsp_backchannel.hpp"
#include "system/media/rtsp_server.hpp"
#include "system/media/rtsp_tunnel.hpp"

namespace watchrig::media {

/// What the connections of one server share. Counters and switches may be used on any thread.
struct RtspServerContext {
  RtspServerContext(RtspServer::Options o, const base::Clock& c, std::shared_ptr<RtspContent> served)
      : options(std::move(o)),
        clock(c),
        content(std::move(served)),
        ears(dynamic_cast<RtspEars*>(content.get())) {}

  /// What clients may say there; empty: nothing.
  Presentation heard(const RtspTarget& target) const { return ears ? ears->codings(target) : Presentation(); }

  RtspServer::Options options;
  const base::Clock& clock;
  const std::shared_ptr<RtspContent> content;
  RtspEars* const ears;  ///< of the content; null: it hears nothing
  std::atomic<bool> stalled{false};
  RtspTunnels tunnels;

  struct {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> playing{0};
    std::atomic<std::uint64_t> sessions{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> packets{0};
    std::atomic<std::uint64_t> slow_readers{0};
    std::atomic<std::uint64_t> timeouts{0};
    std::atomic<std::uint64_t> lost_reported{0};
  } counters;
};

}  // namespace watchrig::media
