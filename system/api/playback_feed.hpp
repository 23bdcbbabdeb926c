#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>

#include "system/api/playback_readers.hpp"
#include "system/media/replay_sender.hpp"
#include "system/media/rtsp_server.hpp"
#include "system/storage/playback_course.hpp"

namespace watchrig::api {

/// Plays a recording. It is read when what was read before has been sent, half a megabyte at a time, so that
/// a slow player slows its own reading only. On the session's executor, reading on the readers'.
class PlaybackFeed final : public media::RtspFeed {
 public:
  /// `place` is kept until close(). Readers and clock outlive it, and what the course refers to.
  PlaybackFeed(std::shared_ptr<PlaybackReaders> readers, PlaybackReaders::Place place,
               std::shared_ptr<storage::PlaybackCourse> course, const storage::PlaybackWish& wish,
               boost::asio::any_io_executor executor, const base::Clock& clock);

  /// Reads the beginning, so that the tracks have positions; false where there is none.
  boost::asio::awaitable<bool> begin();

  boost::asio::awaitable<std::optional<media::RtpTrainPtr>> next() override;
  std::optional<media::RtpTrainPtr> try_next() override;
  void close() override;
  base::QueueStats stats() const override { return {}; }
  std::optional<media::RtpPosition> position(std::uint16_t track) const override;
  void go_on(const media::RtpPositions& positions) override;
  std::optional<base::UtcTime> reached() const override { return reached_; }
  bool session_stays() const override { return !closed_; }

 private:
  using Step = storage::PlaybackCourse::Step;

  boost::asio::awaitable<void> fetch();
  void find_begins();
  media::RtpTrainPtr train_of(const Step& step);
  static media::ReplayUnit unit_of(const Step& step);

  const std::shared_ptr<PlaybackReaders> readers_;
  PlaybackReaders::Place place_;
  const std::shared_ptr<storage::PlaybackCourse> course_;
  const bool rate_control_;
  const bool marked_;
  media::ReplaySender sender_;
  base::Timer timer_;
  std::deque<Step> steps_;
  std::vector<std::optional<media::RtpPosition>> begins_;  ///< of tracks of which nothing was sent
  std::optional<base::UtcTime> reached_;
  bool ended_ = false;  ///< nothing follows the steps
  bool waits_ = false;  ///< nothing follows the steps yet
  bool closed_ = false;
};

}  // namespace watchrig::api
