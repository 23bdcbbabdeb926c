#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "system/api/playback_readers.hpp"
#include "system/api/server_parts.hpp"
#include "system/base/executor_pool.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::app {

/// The ports for players: RTSP in the clear, and by TLS with the certificate of HTTPS. Where TLS is required
/// the clear one is closed, also while there is no certificate: nothing leaves in the clear by mistake. One
/// call at a time.
class RtspDoor {
 public:
  /// The parts and the pool outlive it.
  RtspDoor(api::ServerParts& parts, base::ExecutorPool& pool) : parts_(parts), pool_(pool) {}
  ~RtspDoor() { readers_->join(); }
  RtspDoor(const RtspDoor&) = delete;
  RtspDoor& operator=(const RtspDoor&) = delete;

  /// Errors: unavailable (the port is taken), invalid (the address).
  base::Result<> open();
  void close();
  /// Nothing is opened, and the log says so, while there is no certificate; one that has changed is shown
  /// from the next connection on. Closes or opens the clear port as `required` says. The same errors.
  base::Result<> open_tls();
  void close_tls();

  /// 0 while it is closed, as is the next one.
  std::uint16_t port() const { return clear_ && !required() ? clear_->port() : std::uint16_t{0}; }
  std::uint16_t tls_port() const { return tls_ ? tls_->port() : std::uint16_t{0}; }

 private:
  base::Result<std::unique_ptr<media::RtspServer>> start(const std::string& section, media::TlsContext tls,
                                                         std::uint16_t before);
  bool required() const { return parts_.central.settings().flag("rtsps", "required"); }

  api::ServerParts& parts_;
  base::ExecutorPool& pool_;
  const std::shared_ptr<api::PlaybackReaders> readers_ = std::make_shared<api::PlaybackReaders>();
  std::unique_ptr<media::RtspServer> clear_;
  std::unique_ptr<media::RtspServer> tls_;
  std::uint16_t clear_before_ = 0;  ///< opened last; 0: never, as the next one
  std::uint16_t tls_before_ = 0;
};

}  // namespace watchrig::app
