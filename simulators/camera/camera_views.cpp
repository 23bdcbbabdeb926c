// How a camera shows itself to the rig and its control interface: description, status and ledger.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "simulators/camera/camera.hpp"

namespace watchrig::camera {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace json = boost::json;

std::int64_t microseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

Result<base::UtcTime> instant(const kernel::VirtualDevice::Query& query, const std::string& name,
                              base::UtcTime fallback) {
  const auto member = query.find(name);
  if (member == query.end()) return fallback;
  auto time = base::parse_utc(member->second);
  if (!time) return Error(time.error()).within(name);
  return time;
}

std::string member(const kernel::VirtualDevice::Query& query, const std::string& name, const char* fallback) {
  const auto found = query.find(name);
  return found == query.end() ? fallback : found->second;
}

json::object stream_status(const CameraChannel& channel) {
  const auto totals = channel.totals();
  const auto stage = channel.stage();
  const auto& stream = *stage->stream;
  const auto& source = *stream.video().source();
  const auto produced = source.stats();
  const auto& sending = stream.sending();
  json::object object{
      {"profile", scene::to_string(source.profile())},
      {"units", totals.units[0]},
      {"bytes", totals.bytes[0]},
      {"dropped", totals.dropped},
      {"lateness_us",
       {{"p50", microseconds(produced.lateness_p50)},
        {"p99", microseconds(produced.lateness_p99)},
        {"max", microseconds(produced.lateness_max)}}},
      {"sending_us",
       {{"p50", microseconds(sending.percentile(0.5))}, {"p99", microseconds(sending.percentile(0.99))}}}};
  if (stream.tracks().size() > 1) {
    object["audio_units"] = totals.units[1];
    object["audio_bytes"] = totals.bytes[1];
  }
  if (const auto* metadata = stream.metadata()) {
    object["metadata_units"] = totals.units.at(metadata->track());
    object["metadata_bytes"] = totals.bytes.at(metadata->track());
  }
  if (auto error = stream.error(); !error.empty()) object["error"] = std::move(error);
  return object;
}

/// Nothing where the stream has no such track.
std::optional<std::size_t> track_number(const CameraStream& stream, std::string_view track) {
  if (track == "video") return 0;
  if (track == "audio" && stream.tracks().size() > 1) return 1;
  if (track == "metadata" && stream.metadata()) return stream.metadata()->track();
  return std::nullopt;
}

json::object network_status(const OnvifDevice& device) {
  const auto& place = device.place;
  return {{"address", place.address},
          {"prefix_length", place.prefix_length},
          {"gateway", device.gateway},
          {"dhcp", place.dhcp},
          {"http", place.http},
          {"https", place.https},
          {"port", place.http ? place.http_port : place.https_port}};
}

json::object onvif_status(const OnvifFront& onvif) {
  json::array outputs;
  for (const auto& relay : onvif.io().relays()) {
    outputs.push_back({{"state", relay.active ? "active" : "inactive"},
                       {"contact", relay.closed() ? "closed" : "open"},
                       {"switched", relay.switched}});
  }
  return {{"requests", onvif.requests()},
          {"refused", onvif.refused()},
          {"clock_ahead_ms", std::chrono::round<std::chrono::milliseconds>(onvif.clock_ahead()).count()},
          {"subscriptions", onvif.events().subscriptions()},
          {"outputs", std::move(outputs)},
          {"hostname", onvif.device().hostname},
          {"scopes", json::array(onvif.device().scopes.begin(), onvif.device().scopes.end())},
          {"reset_email", onvif.reset_email()},
          {"network", network_status(onvif.device())}};
}

json::object head_status(const ptz::MechanicalHead& head) {
  const auto at = head.position();
  json::array visits;
  for (const auto& visit : head.visits()) {
    visits.push_back({{"tour", visit.tour},
                      {"spot", visit.spot},
                      {"preset", visit.preset ? json::value(*visit.preset) : json::value()},
                      {"arrives", base::format_utc(visit.arrives)},
                      {"leaves", base::format_utc(visit.leaves)}});
  }
  json::object auxiliaries;
  for (const auto& [name, on] : head.auxiliaries()) auxiliaries[name] = on;
  return {{"pan", at.pan},
          {"tilt", at.tilt},
          {"zoom", at.zoom},
          {"focus", at.focus},
          {"iris", at.iris},
          {"moving", std::ranges::any_of(ptz::head_motors, [&](auto motor) { return head.moving(motor); })},
          {"presets", head.presets().size()},
          {"visits", std::move(visits)},
          {"auxiliaries", std::move(auxiliaries)}};
}

json::object imaging_status(const ImagingUnit& unit) {
  const auto s = unit.settings();
  const auto lens = unit.lens().position();
  return {{"brightness", s.brightness},
          {"contrast", s.contrast},
          {"saturation", s.saturation},
          {"sharpness", s.sharpness},
          {"hue", s.hue},
          {"exposure", s.exposure},
          {"exposure_time", s.exposure_time},
          {"gain", s.gain},
          {"white_balance", s.white_balance},
          {"ir_cut", s.ir_cut},
          {"wide_range", s.wide_range},
          {"backlight", s.backlight},
          {"auto_focus", s.focus},
          {"focus", lens.focus},
          {"iris", lens.iris}};
}

json::array osd_status(const OsdBoard& osd) {
  json::array lines;
  for (const auto& line : osd.lines()) {
    json::object object{{"token", line.token}, {"type", line.kind}, {"place", line.place}};
    if (line.kind == "Plain") object["text"] = line.text;
    if (line.place == "Custom") {
      object["x"] = line.x;
      object["y"] = line.y;
    }
    lines.push_back(std::move(object));
  }
  return lines;
}

json::object card_status(const CardStore& card) {
  const auto sections = card.sections();
  json::object object{{"state", to_string(card.state())},
                      {"recording", card.recording()},
                      {"bytes", card.used_bytes()},
                      {"sections", sections.size()}};
  if (sections.empty()) return object;
  object["from"] = base::format_utc(sections.front().from);
  object["to"] = base::format_utc(sections.back().to);
  return object;
}

/// Rules with their findings so far, one object for each input.
json::array analytics_status(const std::vector<std::shared_ptr<VideoAnalytics>>& inputs) {
  json::array all;
  for (const auto& analytics : inputs) {
    const auto findings = analytics->findings();
    json::object rules;
    for (const auto& rule : analytics->rules()) {
      const auto found = findings.find(rule.name);
      rules[rule.name] = found == findings.end() ? std::uint64_t{0} : found->second;
    }
    const auto wish = analytics->wish();
    all.push_back({{"modules", analytics->modules().size()},
                   {"rules", std::move(rules)},
                   {"objects", wish.objects},
                   {"events", wish.events}});
  }
  return all;
}

}  // namespace

json::object Camera::describe_stream(const CameraChannel& channel) const {
  const auto stage = channel.stage();
  const auto& broadcast = stage->stream->video();
  const auto& track = broadcast.track();
  json::object object{
      {"url", fmt::format("rtsp://{}:{}/{}", address(), server_ ? server_->port() : 0, channel.name())},
      {"profile", scene::to_string(stage->source.profile)},
      {"codec", media::to_string(track.codec)},
      {"width", track.width},
      {"height", track.height},
      {"fps", broadcast.source()->profile().rate.value()}};
  if (server_ && server_->tls_port() != 0)
    object["rtsps"] = fmt::format("rtsps://{}:{}/{}", address(), server_->tls_port(), channel.name());
  if (!stage->source.file.empty()) object["file"] = stage->source.file.string();
  const auto tracks = stage->stream->tracks();
  if (tracks.size() > 1) object["audio"] = media::to_string(tracks[1].codec);
  if (stage->stream->metadata()) object["metadata"] = MetadataTrack::encoding;
  return object;
}

json::object Camera::description() const {
  json::object object{{"id", spec_.id}, {"kind", kind()}, {"virtual", true}};
  if (address() != CameraSpec{}.address) object["address"] = address();
  if (!spec_.username.empty()) {
    object["username"] = spec_.username;
    object["password"] = spec_.password;
  }
  json::object streams;
  for (const auto& channel : channels_) streams[channel->name()] = describe_stream(*channel);
  object["streams"] = std::move(streams);
  const auto service = [&](const char* scheme, std::uint16_t port) {
    return fmt::format("{}://{}:{}/onvif/device_service", scheme, address(), port);
  };
  if (onvif_ && onvif_->port() != 0) object["onvif"] = service("http", onvif_->port());
  if (onvif_ && onvif_->https_port() != 0) {
    object["https"] = service("https", onvif_->https_port());
    if (onvif_->port() == 0) object["onvif"] = object["https"];
  }
  if (certificates_) {
    object["fingerprint"] = certificates_->fingerprint();
    object["authority"] = CameraCertificates::authority();
  }
  return object;
}

json::object Camera::status() const {
  const auto server = server_ ? server_->stats() : media::RtspServer::Stats{};
  json::array active;
  for (const auto& fault : board_->active()) active.push_back(to_json(fault));
  json::object streams;
  for (const auto& channel : channels_) streams[channel->name()] = stream_status(*channel);
  json::object onvif;
  if (onvif_) onvif = onvif_status(*onvif_);
  if (!cards_.empty() && spec_.channels == 0) onvif["card"] = card_status(*cards_.front());
  json::array disk;
  for (const auto& card : cards_) disk.push_back(card_status(*card));
  if (spec_.channels != 0) onvif["disk"] = std::move(disk);
  json::object status{{"id", spec_.id},
                      {"kind", kind()},
                      {"connections", server.connections},
                      {"accepted", server.accepted},
                      {"sessions", server.playing},
                      {"sent_bytes", server.bytes},
                      {"sent_packets", server.packets},
                      {"slow_readers", server.slow_readers},
                      {"faults", std::move(active)},
                      {"onvif", std::move(onvif)},
                      {"streams", std::move(streams)}};
  if (head_) status["head"] = head_status(*head_);
  if (imaging_) status["imaging"] = imaging_status(*imaging_);
  if (loudspeaker_) status["loudspeaker"] = loudspeaker_->status();
  if (osd_) status["osd"] = osd_status(*osd_);
  if (!analytics_.empty()) status["analytics"] = analytics_status(analytics_);
  const std::lock_guard lock(settle_mutex_);
  if (registrar_) status["registration"] = registrar_->status();
  return status;
}

Result<std::string> Camera::ledger(const Query& query) const {
  for (const auto& [name, value] : query) {
    if (name != "stream" && name != "track" && name != "from" && name != "to") {
      return Error{ErrorKind::invalid,
                   fmt::format("a camera's ledger takes stream, track, from and to, not {}", name)};
    }
  }
  const auto stream = member(query, "stream", spec_.channels == 0 ? "main" : "ch1-main");
  const auto* found = channel(stream);
  if (!found) {
    return Error{ErrorKind::not_found, fmt::format("camera \"{}\" has no stream \"{}\"", spec_.id, stream)};
  }
  const auto track = member(query, "track", "video");
  const auto shown = found->stage()->stream;
  const auto number = track_number(*shown, track);
  if (!number) {
    return Error{ErrorKind::not_found,
                 fmt::format("camera \"{}\" has no track \"{}\" in stream {}", spec_.id, track, stream)};
  }
  const auto from = instant(query, "from", base::UtcTime::min());
  if (!from) return from.error();
  const auto to = instant(query, "to", base::UtcTime::max());
  if (!to) return to.error();
  const auto tracks = shown->tracks();
  const auto codec =
      *number < tracks.size() ? media::to_string(tracks[*number].codec) : MetadataTrack::encoding;
  return fmt::format(R"({{"stream":"{}","track":"{}","codec":"{}","units":{}}})", stream, track, codec,
                     to_json(found->entries(*number, *from, *to)));
}

}  // namespace watchrig::camera
