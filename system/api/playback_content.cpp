#include "system/api/playback_content.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/api/client_notes.hpp"
#include "system/api/guarded_feed.hpp"
#include "system/api/playback_feed.hpp"
#include "system/base/text.hpp"
#include "system/media/rtsp_url.hpp"
#include "system/media/stream_names.hpp"
#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::UtcTime;

namespace {

constexpr std::string_view playback_path = "/playback/";
constexpr double fastest = 16;

/// What an address names; without times, all that there is.
struct Wanted {
  std::string channel;
  std::string stream = "main";
  UtcTime from = UtcTime::min();
  UtcTime to = UtcTime::max();
};

Result<UtcTime> time_of(std::string_view name, std::string_view text) {
  const auto time = base::parse_utc(text);
  if (time) return time;
  return Error{ErrorKind::invalid,
               fmt::format("{}=\"{:.40}\" is no time as 2026-01-31T12:00:00Z", name, text)};
}

Result<> read_query(std::string_view query, Wanted& wanted) {
  if (query.empty()) return {};
  for (const auto part : base::split(query, '&')) {
    const auto [name, value] = base::split_once(part, '=');
    const auto text = media::percent_decode(value);
    if (name == "stream") {
      wanted.stream = text;
    } else if (name == "from" || name == "to") {
      const auto time = time_of(name, text);
      if (!time) return time.error();
      (name == "from" ? wanted.from : wanted.to) = *time;
    } else {
      return Error{ErrorKind::invalid, fmt::format("\"{:.40}\" is not known: use from, to and stream", name)};
    }
  }
  if (wanted.from < wanted.to) return {};
  return Error{ErrorKind::invalid, fmt::format("to={} is not behind from={}", base::format_utc(wanted.to),
                                               base::format_utc(wanted.from))};
}

Result<Wanted> wanted_by(const media::RtspTarget& target) {
  const auto parts = base::split(target.path, '/');
  Wanted wanted;
  if (parts.size() > 2) wanted.channel = parts[2];
  if (parts.size() > 3) wanted.stream = parts[3];
  const auto read = read_query(target.query, wanted);
  if (!read) return read.error();
  if (parts.size() > 4 || wanted.channel.empty() ||
      std::ranges::find(media::stream_names, wanted.stream) == media::stream_names.end()) {
    return Error{ErrorKind::not_found,
                 fmt::format("no stream {:.100}: use /playback/<channel>[/{}]?from=2026-01-31T12:00:00Z",
                             target.path, base::joined(media::stream_names, "|"))};
  }
  return wanted;
}

class PlaybackContent final : public media::RtspContent {
 public:
  PlaybackContent(ServerParts& parts, std::shared_ptr<PlaybackReaders> readers, MayView may_play)
      : parts_(parts), readers_(std::move(readers)), may_play_(std::move(may_play)) {}

  asio::awaitable<Result<media::RtspDescription>> describe(media::RtspTarget target) override {
    const auto wanted = find(target);
    if (!wanted) co_return wanted.error();
    const auto asked = note(target, *wanted);
    const auto tracks = co_await tracks_of(*wanted);
    parts_.central.device_notes().answered(
        asked, tracks ? Result<boost::json::object>(boost::json::object{{"tracks", tracks->size()}})
                      : Result<boost::json::object>(tracks.error()));
    if (!tracks) co_return tracks.error();
    media::RtspDescription description;
    description.tracks = *tracks;
    description.name = fmt::format("recording of {}", wanted->channel);
    description.recorded = true;
    co_return description;
  }

  asio::awaitable<Result<std::unique_ptr<media::RtspFeed>>> open(media::RtspTarget target,
                                                                 asio::any_io_executor executor) override {
    const auto wanted = find(target);
    if (!wanted) co_return wanted.error();
    if (!target.replay) co_return Error{ErrorKind::conflict, "a recording is played by a PLAY"};
    const auto replay = bounded(*target.replay, *wanted);
    if (!replay) co_return replay.error();
    auto place = readers_->enter(target.username, replay->session);
    if (!place) co_return place.error();
    auto tracks = co_await tracks_of(*wanted);
    if (!tracks) co_return tracks.error();
    storage::PlaybackWish wish{wanted->channel, wanted->stream, *std::move(tracks), *replay};
    std::shared_ptr<storage::PlaybackCourse> course =
        storage::PlaybackCourse::plan(parts_.storage, parts_.clock, wish);
    auto feed = std::make_unique<PlaybackFeed>(readers_, *std::move(place), std::move(course), wish,
                                               std::move(executor), parts_.clock);
    const bool begun = co_await feed->begin();
    if (!begun) {
      co_return Error{
          ErrorKind::not_found,
          fmt::format("channel \"{}\": nothing of its stream \"{}\" is recorded in {}", wanted->channel,
                      wanted->stream, media::clock_range(replay->from, replay->to))};
    }
    auto may_play = [this, target] { return find(target).has_value(); };
    std::unique_ptr<media::RtspFeed> guarded =
        std::make_unique<GuardedFeed>(std::move(feed), parts_.clock, std::move(may_play));
    co_return guarded;
  }

 private:
  /// What is asked for, the channel by its id.
  Result<Wanted> find(const media::RtspTarget& target) const {
    auto wanted = wanted_by(target);
    if (!wanted) return wanted;
    const auto found = parts_.central.registry().find_channel(wanted->channel);
    if (!found || !may_play_(target, found->channel->id)) {
      return Error{ErrorKind::not_found,
                   fmt::format("no recordings of a channel \"{:.100}\"", wanted->channel)};
    }
    wanted->channel = found->channel->id;
    return wanted;
  }

  /// Its user is not told: it is the name of a session.
  platform::Message note(const media::RtspTarget& target, const Wanted& wanted) {
    const platform::NvrDownloadRecord record{wanted.channel, wanted.stream, wanted.from, wanted.to};
    auto question = platform::to_message(client_role, platform::central_role, record);
    question.body["source"] = target.source.to_string();
    return parts_.central.device_notes().heard(std::move(question), {});
  }

  asio::awaitable<Result<media::Presentation>> tracks_of(Wanted wanted) {
    const auto tracks = std::make_shared<Result<media::Presentation>>(
        Error{ErrorKind::unavailable, fmt::format("channel \"{}\": its recording cannot be read; the log "
                                                  "of the server has the reason",
                                                  wanted.channel)});
    std::function<void()> work = [&storage = parts_.storage, wanted = std::move(wanted), tracks] {
      *tracks = storage::recorded_tracks(storage, wanted.channel, wanted.stream, wanted.from, wanted.to);
    };
    (void)co_await readers_->run(std::move(work));
    co_return *tracks;
  }

  /// What the PLAY leaves open, the address says.
  static Result<media::RtspReplay> bounded(media::RtspReplay replay, const Wanted& wanted) {
    if (replay.speed > fastest || replay.delivery > fastest)
      return Error{ErrorKind::unsupported,
                   fmt::format("channel \"{}\": Scale and Speed are at most {}", wanted.channel, fastest)};
    const auto begin = replay.backwards ? wanted.to : wanted.from;
    const auto end = replay.backwards ? wanted.from : wanted.to;
    const bool is_open = replay.from == UtcTime::min() || replay.from == UtcTime::max();
    if (is_open) replay.from = begin;
    if (!replay.to && end != UtcTime::min() && end != UtcTime::max()) replay.to = end;
    if (replay.to && (replay.backwards ? *replay.to > replay.from : *replay.to < replay.from)) {
      return Error{ErrorKind::invalid,
                   fmt::format("channel \"{}\": {} is not within the address's from and to", wanted.channel,
                               media::clock_range(replay.from, {}))};
    }
    return replay;
  }

  ServerParts& parts_;
  const std::shared_ptr<PlaybackReaders> readers_;
  const MayView may_play_;
};

class StreamContent final : public media::RtspContent {
 public:
  StreamContent(std::shared_ptr<media::RtspContent> live, std::shared_ptr<media::RtspContent> playback)
      : live_(std::move(live)), playback_(std::move(playback)) {}

  asio::awaitable<Result<media::RtspDescription>> describe(media::RtspTarget target) override {
    auto& content = of(target);
    return content.describe(std::move(target));
  }
  asio::awaitable<Result<std::unique_ptr<media::RtspFeed>>> open(media::RtspTarget target,
                                                                 asio::any_io_executor executor) override {
    auto& content = of(target);
    return content.open(std::move(target), std::move(executor));
  }

 private:
  media::RtspContent& of(const media::RtspTarget& target) const {
    return target.path.starts_with(playback_path) ? *playback_ : *live_;
  }

  const std::shared_ptr<media::RtspContent> live_;
  const std::shared_ptr<media::RtspContent> playback_;
};

}  // namespace

std::shared_ptr<media::RtspContent> make_playback_content(ServerParts& parts,
                                                          std::shared_ptr<PlaybackReaders> readers,
                                                          MayView may_play) {
  return std::make_shared<PlaybackContent>(parts, std::move(readers), std::move(may_play));
}

std::shared_ptr<media::RtspContent> make_stream_content(std::shared_ptr<media::RtspContent> live,
                                                        std::shared_ptr<media::RtspContent> playback) {
  return std::make_shared<StreamContent>(std::move(live), std::move(playback));
}

}  // namespace watchrig::api
