#include "simulators/camera/camera_content.hpp"

#include <fmt/format.h>

#include "simulators/camera/camera_faults.hpp"
#include "simulators/camera/card/card_feed.hpp"
#include "system/base/text.hpp"
#include "system/media/sdp.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::camera {

using base::Result;

namespace {

/// Addresses by which makers' cameras have their streams, which ours has too.
struct MakersAddress {
  std::string_view path;
  std::string_view query;  ///< a part of it
  std::string_view stream;
};
constexpr MakersAddress makers_addresses[] = {{"cam/realmonitor", "channel=1&subtype=0", "main"},
                                              {"cam/realmonitor", "channel=1&subtype=1", "sub"},
                                              {"cam/realmonitor", "channel=1&subtype=2", "sub2"},
                                              {"axis-media/media.amp", "resolution=320x180", "sub2"},
                                              {"axis-media/media.amp", "resolution=", "sub"},
                                              {"axis-media/media.amp", "camera=1", "main"},
                                              {"media/video1", "", "main"},
                                              {"media/video2", "", "sub"},
                                              {"media/video3", "", "sub2"}};

/// How what is recorded was coded last. Error: unavailable, where it cannot be read.
Result<media::Presentation> recorded_tracks(const std::string& camera, const CardStore& card) {
  const auto sections = card.sections();
  if (!sections.empty()) return sections.back().tracks;
  return base::Error{base::ErrorKind::unavailable,
                     fmt::format("camera {}: nothing can be read of what it has recorded", camera)};
}

/// "main" of a camera, "ch3-main" of a recorder's third channel.
std::string realmonitor_stream(std::string_view query) {
  const auto number_of = [&](std::string_view name) {
    const auto at = query.find(name);
    const auto number = at == std::string_view::npos ? std::string_view() : query.substr(at + name.size());
    return number.substr(0, number.find_first_not_of("0123456789"));
  };
  const auto subtype = base::parse_number<std::size_t>(number_of("subtype=")).value_or(0);
  return fmt::format("ch{}-{}", number_of("channel="),
                     subtype < media::stream_names.size() ? media::stream_names[subtype] : "");
}

}  // namespace

std::string stream_of(std::string_view path, std::string_view query, bool of_recorder) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  if (of_recorder) return path == "cam/realmonitor" ? realmonitor_stream(query) : std::string(path);
  for (const auto& one : makers_addresses) {
    if (path == one.path && query.find(one.query) != std::string_view::npos) return std::string(one.stream);
  }
  return std::string(path);
}

CameraContent::CameraContent(std::string camera, std::vector<std::shared_ptr<CameraChannel>> channels,
                             bool is_recorder, std::shared_ptr<kernel::FaultBoard> board,
                             std::shared_ptr<const CameraClock> own_clock,
                             std::shared_ptr<const StreamRoutes> routes, const base::Clock& clock)
    : camera_(std::move(camera)),
      channels_(std::move(channels)),
      is_recorder_(is_recorder),
      board_(std::move(board)),
      own_clock_(std::move(own_clock)),
      routes_(std::move(routes)),
      clock_(clock) {}

Result<std::shared_ptr<CardStore>> CameraContent::card_of(std::string_view path) const {
  const auto name = stream_of(path).substr(replay_path.size());
  for (const auto& channel : channels_) {
    if (channel->name() == name && channel->card()) return channel->card();
  }
  return base::Error{base::ErrorKind::not_found,
                     fmt::format("camera {} records no stream \"{}\"", camera_, name)};
}

StreamRoutes::Route CameraContent::route(const media::RtspTarget& target) const {
  return routes_->find(stream_of(target.path, target.query, is_recorder_));
}

Result<std::shared_ptr<CameraStream>> CameraContent::find(const media::RtspTarget& target) const {
  const auto name = route(target).stream;
  for (const auto& channel : channels_) {
    if (channel->name() == name) return channel->stage()->stream;
  }
  return base::Error{base::ErrorKind::not_found,
                     fmt::format("camera {} has no stream \"{}\"", camera_, name)};
}

boost::asio::awaitable<Result<media::RtspDescription>> CameraContent::describe(media::RtspTarget target) {
  if (stream_of(target.path).starts_with(replay_path)) {
    const auto card = card_of(target.path);
    auto tracks = card ? recorded_tracks(camera_, **card) : Result<media::Presentation>(card.error());
    if (!tracks) co_return tracks.error();
    media::RtspDescription recording{*std::move(tracks), fmt::format("{} recording", camera_), {}, true};
    co_return recording;
  }
  const auto stream = find(target);
  if (!stream) co_return stream.error();
  const auto& found = *stream;
  if (const auto error = found->error(); !error.empty()) {
    co_return base::Error{base::ErrorKind::unavailable, error};
  }
  media::RtspDescription description;
  description.tracks = found->tracks();
  description.name = fmt::format("{} {}", camera_, found->name());
  const auto wanted = route(target);
  const auto* metadata = found->metadata();
  const bool tells = metadata && metadata->offered() && wanted.metadata;
  if (tells || (!wanted.sound && description.tracks.size() > 1)) {
    media::SdpOptions options;
    options.name = description.name;
    // Without its sound in the text a stream keeps the numbers of its tracks.
    auto told = description.tracks;
    if (!wanted.sound) told.resize(1);
    description.sdp = media::write_sdp(told, options) + (tells ? metadata->sdp_section() : "");
  }
  if (tells) {
    // No coded medium: that it can be set up, and its clock, are all that the server has to know.
    media::Track track;
    track.clock_rate = MetadataTrack::clock_rate;
    track.payload_type = MetadataTrack::payload_type;
    description.tracks.push_back(track);
  }
  if (auto lie = false_sdp(board_->active(), found->name(), clock_.now())) description.sdp = std::move(lie);
  co_return description;
}

boost::asio::awaitable<Result<std::unique_ptr<media::RtspFeed>>> CameraContent::open(
    media::RtspTarget target, boost::asio::any_io_executor executor) {
  if (target.replay) {
    const auto card = card_of(target.path);
    if (!card) co_return card.error();
    auto tracks = recorded_tracks(camera_, **card);
    if (!tracks) co_return tracks.error();
    co_return std::make_unique<CardFeed>(*card, *std::move(tracks), *target.replay, std::move(executor),
                                         clock_, own_clock_->ahead());
  }
  const auto stream = find(target);
  if (!stream) co_return stream.error();
  const auto& found = *stream;
  co_return found->open(std::move(executor));
}

media::Presentation CameraContent::codings(const media::RtspTarget& target) {
  return loudspeaker_ && find(target) ? Loudspeaker::codings() : media::Presentation();
}

Result<std::unique_ptr<media::RtspHearing>> CameraContent::hear(const media::RtspTarget& target,
                                                                const media::Track& coding, bool ordered) {
  return loudspeaker_->hear(target.client, coding, ordered);
}

}  // namespace watchrig::camera
