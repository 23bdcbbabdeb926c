#pragma once

#include <memory>

#include "simulators/camera/onvif/camera_place.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

/// The ways to a camera's streams: RTSP in the clear, and beside it by TLS where it has a certificate. Any
/// thread.
class RtspDoors {
 public:
  using Executors = std::function<boost::asio::any_io_executor()>;
  /// With options.tls both, in the clear at options.port and by TLS at any free port. Errors: those of
  /// RtspServer.
  static base::Result<std::unique_ptr<RtspDoors>> start(media::RtspServer::Options options,
                                                        const base::Clock& clock, const Executors& executors,
                                                        const std::shared_ptr<media::RtspContent>& content);

  std::uint16_t port() const { return clear_->port(); }
  /// 0: there is none.
  std::uint16_t tls_port() const { return tls_ ? tls_->port() : std::uint16_t{0}; }
  /// Of both together.
  media::RtspServer::Stats stats() const;
  void stop_accepting();
  base::Result<> resume_accepting();
  void move_to(const CameraPlace& place);
  void drop_all_sessions(bool reset);
  void stall(bool on);
  /// Whoever is connected by TLS comes again, and sees the other certificate.
  void show(media::TlsContext identity);
  void stop();

 private:
  std::unique_ptr<media::RtspServer> clear_, tls_;
};

}  // namespace watchrig::camera
