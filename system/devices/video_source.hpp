#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "system/base/clock.hpp"
#include "system/media/rtp_receiver.hpp"

namespace watchrig::devices {

enum class SourceState {
  idle,        ///< nobody wants the stream
  connecting,  ///< first attempt, or waiting for the next one
  online,      ///< pictures come
  offline,     ///< was refused or lost; further attempts follow
};

std::string_view to_string(SourceState state);

/// What is known of a connection to one stream of a device.
struct SourceStatus {
  SourceState state = SourceState::idle;
  std::string cause;              ///< why it is not online, for a person; empty when it is
  std::uint64_t connections = 0;  ///< attempts that led to pictures
  std::uint64_t attempts = 0;
  media::Track video;  ///< as last announced
  /// Of the video track, all connections added up; jitter and clock of the last.
  media::RtpReceiverStats rtp;
  /// Where packets are lost that do not come: "network", or "device" where the transport loses none.
  std::string_view loss_place = "network";
};

/// The capability of a device to deliver one stream: keeps it connected and publishes it to a
/// media::StreamHub.
class VideoSource {
 public:
  /// Called on the source's executor whenever the state changes.
  using Listener = std::function<void(const SourceStatus&)>;
  /// Called on the source's executor, at most once a second, when units were damaged by lost packets since
  /// the last call.
  using DamageListener = std::function<void(std::uint64_t lost_packets, std::uint64_t damaged_units)>;

  /// Called on the source's executor with what the device does in its own way (a name of
  /// media::rtsp_quirks): once for each name.
  using QuirkListener = std::function<void(std::string_view name, const std::string& detail)>;

  virtual ~VideoSource() = default;
  /// Starts to connect, and goes on until stop().
  virtual void start() = 0;
  /// Ends the connection; nothing is published any more when the source's executor has run. Any thread.
  virtual void stop() = 0;
  /// The device is said to be there again: an offline source does not wait any longer. Any thread.
  virtual void retry() = 0;
  /// Any thread.
  virtual SourceStatus status() const = 0;
  /// Only that of status(), for lists of thousands. Any thread.
  virtual SourceState state() const = 0;
};

}  // namespace watchrig::devices
