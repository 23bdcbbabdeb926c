#include "simulators/camera/analytics/metadata_track.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "simulators/camera/analytics/metadata_document.hpp"
#include "system/media/rtp_train_writer.hpp"

namespace watchrig::camera {

namespace {

constexpr std::size_t largest_packet = 1400;

std::uint64_t step_of(const MetadataTrack::Place& place) {
  const double steps = place.pictures.rate.value() / place.analytics->form().rate;
  return static_cast<std::uint64_t>(std::max(1.0, std::round(steps)));
}

/// One unit for every so many pictures.
UnitGrid grid_of(UnitGrid pictures, std::uint64_t step) {
  pictures.rate.denominator *= static_cast<std::int32_t>(step);
  return pictures;
}

}  // namespace

MetadataTrack::MetadataTrack(Place place)
    : place_(std::move(place)),
      step_(step_of(place_)),
      ledger_(std::make_shared<Ledger>(book_, grid_of(place_.pictures, step_))),
      sequence_(static_cast<std::uint16_t>(place_.ssrc >> 7)) {
  place_.analytics->join(place_.stream);
}

std::string MetadataTrack::sdp_section() const {
  return fmt::format("m=application 0 RTP/AVP {}\r\na=recvonly\r\na=rtpmap:{} {}/{}\r\na=control:track{}\r\n",
                     payload_type, payload_type, encoding, clock_rate, place_.track);
}

std::optional<MetadataTrack::Unit> MetadataTrack::next(const scene::EncodedUnit& picture) {
  if (picture.index % step_ != 0) return std::nullopt;
  auto& analytics = *place_.analytics;
  std::vector<scene::SceneObject> found;
  if (picture.objects) found = analytics.found(*picture.objects);
  // The first pictures of a source perhaps do not tell yet what is on them: nobody has left by that.
  if (place_.judges && picture.objects) analytics.judge(found, place_.width, place_.height, picture.captured);
  if (!offered()) {
    // Else they would come as news when it is offered again.
    analytics.take_events(place_.stream);
    seen_.clear();
    return std::nullopt;
  }
  const auto document = document_of(picture, found);
  if (document.empty()) return std::nullopt;
  scene::EncodedUnit unit;
  unit.index = picture.index / step_;
  unit.captured = picture.captured;
  // As any two tracks of a sender, each has its own beginning: only sender reports bring them together.
  unit.rtp_timestamp = picture.rtp_timestamp + place_.ssrc;
  unit.key = true;
  unit.payload.assign(document.begin(), document.end());
  unit.digest = media::digest(unit.payload);
  book_->append(record_of(unit));
  return Unit{train_of(unit), document.size()};
}

/// Empty where there is nothing to tell.
std::string MetadataTrack::document_of(const scene::EncodedUnit& picture,
                                       const std::vector<scene::SceneObject>& objects) {
  auto& analytics = *place_.analytics;
  const auto wish = analytics.wish();
  const auto told =
      picture.captured + (analytics.form().clock ? analytics.form().clock->ahead() : base::Duration{});
  std::string content;
  if (const auto& head = analytics.form().head; head && (wish.ptz_position || wish.ptz_status))
    content += ptz_text(*head, picture.captured, told, wish.ptz_position, wish.ptz_status);
  if (wish.objects && analytics.profile(place_.stream).analytics && !analytics.modules().empty())
    content += objects_text(objects, told);
  else
    seen_.clear();
  if (const auto events = analytics.take_events(place_.stream); wish.events && !events.empty()) {
    content += "<tt:Event>";
    for (const auto& event : events) content += event;
    content += "</tt:Event>";
  }
  return content.empty() ? content : metadata_document(content);
}

std::string MetadataTrack::objects_text(const std::vector<scene::SceneObject>& objects, base::UtcTime told) {
  std::vector<std::uint32_t> now, gone;
  for (const auto& object : objects) now.push_back(object.id);
  std::ranges::sort(now);
  std::ranges::set_difference(seen_, now, std::back_inserter(gone));
  seen_ = std::move(now);
  return analytics_text({objects, gone, place_.width, place_.height, told});
}

media::RtpTrainPtr MetadataTrack::train_of(const scene::EncodedUnit& unit) {
  auto train = std::make_shared<media::RtpTrain>();
  train->track = place_.track;
  train->key = true;
  train->rtp_timestamp = unit.rtp_timestamp;
  train->time = unit.captured;
  media::RtpHeader header;
  header.payload_type = payload_type;
  header.sequence = sequence_;
  header.timestamp = unit.rtp_timestamp;
  header.ssrc = place_.ssrc;
  media::RtpTrainWriter writer(*train, header, largest_packet);
  const base::ByteView payload = unit.payload;
  for (std::size_t at = 0; at < payload.size(); at += writer.room()) {
    const auto size = std::min(writer.room(), payload.size() - at);
    writer.add(at + size == payload.size(), {}, payload.subspan(at, size));
  }
  sequence_ = writer.next_sequence();
  return train;
}

}  // namespace watchrig::camera
