#pragma once

#include <memory>
#include <optional>

#include "simulators/camera/card/card_course.hpp"
#include "system/media/replay_sender.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::camera {

/// Plays from a card, each unit with its time in the extension of ONVIF replays. On the session's executor.
class CardFeed final : public media::RtspFeed {
 public:
  /// Plays what is coded as `tracks`; units of other sections are passed over. Times, asked for and told, are
  /// those of the camera's clock, which is `ahead` of the rig's. The clock outlives the feed.
  CardFeed(std::shared_ptr<CardStore> card, media::Presentation tracks, const media::RtspReplay& replay,
           boost::asio::any_io_executor executor, const base::Clock& clock, base::Duration ahead = {});

  boost::asio::awaitable<std::optional<media::RtpTrainPtr>> next() override;
  std::optional<media::RtpTrainPtr> try_next() override { return {}; }
  void close() override;
  base::QueueStats stats() const override { return {}; }
  std::optional<media::RtpPosition> position(std::uint16_t) const override { return {}; }
  void sent(const media::RtpTrain& train) override;
  std::optional<base::UtcTime> reached() const override { return reached_; }

 private:
  /// Nothing where RTP cannot carry it.
  media::RtpTrainPtr train_of(const CardCourse::Step& step);

  const base::Duration ahead_;
  const media::RtspReplay replay_;  ///< by the rig's clock
  CardCourse course_;
  media::ReplaySender sender_;
  std::optional<CardStore::Unit> last_;   ///< on its way to the socket
  std::optional<base::UtcTime> reached_;  ///< by the camera's clock
  bool closed_ = false;
};

}  // namespace watchrig::camera
