#include "simulators/camera/camera_content.hpp"

#include <fmt/format.h>

#include "simulators/camera/camera_faults.hpp"
#include "simulators/camera/card/card_feed.hpp"

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
                                              {"axis-media/media.amp", "resolution=", "sub"},
                                              {"axis-media/media.amp", "camera=1", "main"},
                                              {"media/video1", "", "main"},
                                              {"media/video2", "", "sub"}};

}  // namespace

std::string stream_of(std::string_view path, std::string_view query) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  for (const auto& one : makers_addresses) {
    if (path == one.path && query.find(one.query) != std::string_view::npos) return std::string(one.stream);
  }
  return std::string(path);
}

CameraContent::CameraContent(std::string camera, std::vector<std::shared_ptr<CameraChannel>> channels,
                             std::shared_ptr<CardStore> card, std::shared_ptr<kernel::FaultBoard> board,
                             const base::Clock& clock)
    : camera_(std::move(camera)),
      channels_(std::move(channels)),
      card_(std::move(card)),
      board_(std::move(board)),
      clock_(clock) {}

Result<media::Presentation> CameraContent::recorded_tracks() const {
  if (!card_) return base::Error{base::ErrorKind::not_found, fmt::format("camera {} has no card", camera_)};
  const auto sections = card_->sections();
  if (sections.empty()) {
    return base::Error{base::ErrorKind::unavailable,
                       fmt::format("camera {}: nothing can be read from its card", camera_)};
  }
  return sections.back().tracks;
}

Result<std::shared_ptr<CameraStream>> CameraContent::find(const media::RtspTarget& target) const {
  const auto name = stream_of(target.path, target.query);
  for (const auto& channel : channels_) {
    if (channel->name() == name) return channel->stage()->stream;
  }
  return base::Error{base::ErrorKind::not_found,
                     fmt::format("camera {} has no stream \"{}\"", camera_, name)};
}

boost::asio::awaitable<Result<media::RtspDescription>> CameraContent::describe(media::RtspTarget target) {
  if (stream_of(target.path) == replay_path) {
    auto tracks = recorded_tracks();
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
  description.sdp = false_sdp(board_->active(), found->name(), clock_.now());
  co_return description;
}

boost::asio::awaitable<Result<std::unique_ptr<media::RtspFeed>>> CameraContent::open(
    media::RtspTarget target, boost::asio::any_io_executor executor) {
  if (target.replay) {
    auto tracks = recorded_tracks();
    if (!tracks) co_return tracks.error();
    co_return std::make_unique<CardFeed>(card_, *std::move(tracks), *target.replay, std::move(executor),
                                         clock_);
  }
  const auto stream = find(target);
  if (!stream) co_return stream.error();
  const auto& found = *stream;
  co_return found->open(std::move(executor));
}

}  // namespace watchrig::camera
