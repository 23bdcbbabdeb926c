#include "system/api/live_content.hpp"

#include <fmt/format.h>

#include "system/api/client_notes.hpp"
#include "system/api/guarded_feed.hpp"
#include "system/base/text.hpp"
#include "system/base/timer.hpp"
#include "system/media/stream_names.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr std::size_t viewer_queue_bytes = std::size_t{8} << 20;

class LiveContent final : public media::RtspContent {
 public:
  LiveContent(const media::LiveStreams& streams, central::StorageQueries& storage,
              central::DeviceNotes& notes, const base::Clock& clock, MayView may_view,
              base::Duration patience)
      : streams_(streams),
        storage_(storage),
        notes_(notes),
        clock_(clock),
        may_view_(std::move(may_view)),
        patience_(patience) {}

  asio::awaitable<Result<media::RtspDescription>> describe(media::RtspTarget target) override {
    const auto hub = find(target);
    if (!hub) co_return hub.error();
    auto wanted = wanted_by(target);
    // Its user is not told: it is the name of a session.
    auto question = platform::to_message(client_role, platform::central_role, *wanted);
    question.body["source"] = target.source.to_string();
    const auto asked = notes_.heard(std::move(question), {});
    const auto where = co_await storage_.play(std::move(*wanted), asked.correlation);
    notes_.answered(asked, where ? Result<boost::json::object>(boost::json::object{{"path", where->path}})
                                 : Result<boost::json::object>(where.error()));
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
    const Error none{ErrorKind::not_found, fmt::format("no stream {}: use /live/<channel>[/{}]", target.path,
                                                       base::joined(media::stream_names, "|"))};
    const auto wanted = wanted_by(target);
    const auto channel = wanted ? streams_.find_relayed(wanted->channel) : std::string();
    if (channel.empty() || !may_view_(target, channel)) return none;
    const auto hub = streams_.find_stream(channel, wanted->stream);
    if (!hub) return none;
    return hub;
  }

  const media::LiveStreams& streams_;
  central::StorageQueries& storage_;
  central::DeviceNotes& notes_;
  const base::Clock& clock_;
  const MayView may_view_;
  const base::Duration patience_;
};

}  // namespace

std::shared_ptr<media::RtspContent> make_live_content(const media::LiveStreams& streams,
                                                      central::StorageQueries& storage,
                                                      central::DeviceNotes& notes, const base::Clock& clock,
                                                      MayView may_view, base::Duration patience) {
  return std::make_shared<LiveContent>(streams, storage, notes, clock, std::move(may_view), patience);
}

}  // namespace watchrig::api
