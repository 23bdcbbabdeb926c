#include "system/api/live_content.hpp"

#include <fmt/format.h>

#include "system/api/session_watch.hpp"
#include "system/base/text.hpp"
#include "system/base/timer.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t viewer_queue_bytes = std::size_t{8} << 20;

/// Ends when the viewer may not see the channel any more. What is checked is the present, so a stream that
/// delivers nothing shows nothing either.
class GuardedFeed final : public media::RtspFeed {
 public:
  GuardedFeed(std::unique_ptr<media::RtspFeed> feed, const base::Clock& clock, std::function<bool()> may_view)
      : feed_(std::move(feed)),
        clock_(clock),
        may_view_(std::move(may_view)),
        check_at_(clock.now() + session_check) {}

  asio::awaitable<std::optional<media::RtpTrainPtr>> next() override {
    auto train = co_await feed_->next();
    if (train && clock_.now() >= check_at_) {
      if (!may_view_()) {
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
  void sent(const media::RtpTrain& train) override { feed_->sent(train); }

 private:
  const std::unique_ptr<media::RtspFeed> feed_;
  const base::Clock& clock_;
  const std::function<bool()> may_view_;
  base::UtcTime check_at_;
};

class LiveContent final : public media::RtspContent {
 public:
  LiveContent(storage::ChannelSet& channels, central::StorageQueries& storage, const base::Clock& clock,
              MayView may_view, base::Duration patience)
      : channels_(channels),
        storage_(storage),
        clock_(clock),
        may_view_(std::move(may_view)),
        patience_(patience) {}

  asio::awaitable<Result<media::RtspDescription>> describe(media::RtspTarget target) override {
    const auto hub = find(target);
    if (!hub) co_return hub.error();
    auto wanted = wanted_by(target);
    const auto where = co_await storage_.play(std::move(*wanted), {});
    if (!where) co_return where.error();
    const auto executor = co_await asio::this_coro::executor;
    // A reader for as long as the wait lasts makes an on-demand source connect; it stays connected until PLAY
    // comes.
    const auto demand = (*hub)->read_units(executor, 1, base::Overflow::drop_to_restart);
    base::Timer timer(executor, clock_);
    const auto deadline = clock_.now() + patience_;
    while ((*hub)->tracks().empty() && clock_.now() < deadline) co_await timer.wait_for(patience_ / 100);
    media::RtspDescription description;
    description.tracks = (*hub)->tracks();
    description.name = (*hub)->name();
    if (description.tracks.empty()) {
      co_return Error{ErrorKind::unavailable,
                      fmt::format("{}: the device delivers no video now", (*hub)->name())};
    }
    co_return description;
  }

  asio::awaitable<Result<std::unique_ptr<media::RtspFeed>>> open(media::RtspTarget target,
                                                                 asio::any_io_executor executor) override {
    const auto hub = find(target);
    if (!hub) co_return hub.error();
    std::unique_ptr<media::RtspFeed> feed = (*hub)->read_trains(std::move(executor), viewer_queue_bytes);
    auto may_view = [this, target] { return find(target).has_value(); };
    co_return std::make_unique<GuardedFeed>(std::move(feed), clock_, std::move(may_view));
  }

 private:
  static std::optional<platform::PlayRequest> wanted_by(const media::RtspTarget& target) {
    const auto parts = base::split(target.path, '/');
    if (parts.size() < 3 || parts.size() > 4 || parts[1] != "live") return std::nullopt;
    return platform::PlayRequest{std::string(parts[2]), parts.size() == 4 ? std::string(parts[3]) : "main"};
  }

  Result<std::shared_ptr<media::StreamHub>> find(const media::RtspTarget& target) const {
    const Error none{ErrorKind::not_found,
                     fmt::format("no stream {}: use /live/<channel>[/sub]", target.path)};
    const auto wanted = wanted_by(target);
    const auto channel = wanted ? channels_.find(wanted->channel) : nullptr;
    if (!channel || !may_view_(target, channel->id())) return none;
    const auto hub = channel->hub(wanted->stream);
    if (!hub) return none;
    return hub;
  }

  storage::ChannelSet& channels_;
  central::StorageQueries& storage_;
  const base::Clock& clock_;
  const MayView may_view_;
  const base::Duration patience_;
};

}  // namespace

std::shared_ptr<media::RtspContent> make_live_content(storage::ChannelSet& channels,
                                                      central::StorageQueries& storage,
                                                      const base::Clock& clock, MayView may_view,
                                                      base::Duration patience) {
  return std::make_shared<LiveContent>(channels, storage, clock, std::move(may_view), patience);
}

}  // namespace watchrig::api
