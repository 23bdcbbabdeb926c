#pragma once

#include <functional>
#include <memory>

#include "system/api/session_watch.hpp"
#include "system/media/rtsp_server.hpp"

namespace watchrig::api {

/// Ends when the viewer may not see the channel any more. What is checked is the present, so a stream that
/// delivers nothing shows nothing either.
class GuardedFeed final : public media::RtspFeed {
 public:
  GuardedFeed(std::unique_ptr<media::RtspFeed> feed, const base::Clock& clock, std::function<bool()> may_view)
      : feed_(std::move(feed)),
        clock_(clock),
        may_view_(std::move(may_view)),
        check_at_(clock.now() + session_check) {}

  boost::asio::awaitable<std::optional<media::RtpTrainPtr>> next() override {
    auto train = co_await feed_->next();
    if (train && clock_.now() >= check_at_) {
      if (!may_view_()) {
        refused_ = true;
        feed_->close();
        co_return std::nullopt;
      }
      check_at_ = clock_.now() + session_check;
    }
    co_return train;
  }
  std::optional<media::RtpTrainPtr> try_next() override {
    return clock_.now() < check_at_ ? feed_->try_next() : std::nullopt;
  }
  void close() override { feed_->close(); }
  base::QueueStats stats() const override { return feed_->stats(); }
  std::optional<media::RtpPosition> position(std::uint16_t track) const override {
    return feed_->position(track);
  }
  void go_on(const media::RtpPositions& positions) override { feed_->go_on(positions); }
  void sent(const media::RtpTrain& train) override { feed_->sent(train); }
  std::optional<base::UtcTime> reached() const override { return feed_->reached(); }
  bool session_stays() const override { return !refused_ && feed_->session_stays(); }

 private:
  const std::unique_ptr<media::RtspFeed> feed_;
  const base::Clock& clock_;
  const std::function<bool()> may_view_;
  base::UtcTime check_at_;
  bool refused_ = false;
};

}  // namespace watchrig::api
