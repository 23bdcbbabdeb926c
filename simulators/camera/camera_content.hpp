#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulators/camera/camera_channel.hpp"
#include "simulators/camera/camera_clock.hpp"
#include "simulators/camera/loudspeaker.hpp"
#include "simulators/camera/stream_routes.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

/// What a camera's RTSP server offers: each stream under its name (`/main`), described as it is or as a lie
/// has it; and what is recorded of it under `/replay/main`.
class CameraContent final : public media::RtspContent, public media::RtspEars {
 public:
  /// `camera` is the name in SDP and messages. The clock outlives the content.
  CameraContent(std::string camera, std::vector<std::shared_ptr<CameraChannel>> channels, bool is_recorder,
                std::shared_ptr<kernel::FaultBoard> board, std::shared_ptr<const CameraClock> own_clock,
                std::shared_ptr<const StreamRoutes> routes, const base::Clock& clock);

  /// Has all streams hear what is said to them; before the content serves.
  void set_loudspeaker(std::shared_ptr<Loudspeaker> loudspeaker) { loudspeaker_ = std::move(loudspeaker); }

  boost::asio::awaitable<base::Result<media::RtspDescription>> describe(media::RtspTarget target) override;
  boost::asio::awaitable<base::Result<std::unique_ptr<media::RtspFeed>>> open(
      media::RtspTarget target, boost::asio::any_io_executor executor) override;
  media::Presentation codings(const media::RtspTarget& target) override;
  base::Result<std::unique_ptr<media::RtspHearing>> hear(const media::RtspTarget& target,
                                                         const media::Track& coding, bool ordered) override;

 private:
  /// On which the stream of that path is recorded. Errors: not_found.
  base::Result<std::shared_ptr<CardStore>> card_of(std::string_view path) const;
  StreamRoutes::Route route(const media::RtspTarget& target) const;
  base::Result<std::shared_ptr<CameraStream>> find(const media::RtspTarget& target) const;

  const std::string camera_;
  const std::vector<std::shared_ptr<CameraChannel>> channels_;
  const bool is_recorder_;
  const std::shared_ptr<kernel::FaultBoard> board_;
  const std::shared_ptr<const CameraClock> own_clock_;
  const std::shared_ptr<const StreamRoutes> routes_;
  const base::Clock& clock_;
  std::shared_ptr<Loudspeaker> loudspeaker_;  ///< null: it has none
};

/// The stream that a path names, without the slash: `/main` or `main/`, or an address as some makers' cameras
/// have it (`/cam/realmonitor?channel=1&subtype=0`); anything else is a stream that does not exist.
/// Of a recorder `channel` counts, and its streams are ch1-main and so on.
std::string stream_of(std::string_view path, std::string_view query = {}, bool of_recorder = false);

/// Before the name of a stream: what is recorded of it.
inline constexpr std::string_view replay_path = "replay/";

}  // namespace watchrig::camera
