// Version 2 of the media service (ONVIF Media2), which knows every codec.
#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "simulators/camera/onvif/encoder_settings.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"
#include "simulators/camera/onvif/ptz_spaces.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::children;
using protocols::text_at;

constexpr std::string_view protocols_of_streams[] = {"RtspUnicast", "RTSP", "RtspOverHttp"};

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "tr2:Capabilities");
  all.append_attribute("SnapshotUri") = "true";
  all.append_attribute("OSD") = device.osd ? "true" : "false";
  auto profile = add(all, "tr2:ProfileCapabilities");
  profile.append_attribute("MaximumNumberOfProfiles") =
      static_cast<unsigned>(device.streams.size() + most_made_profiles);
  const auto supported =
      fmt::format("VideoSource VideoEncoder AudioSource AudioEncoder{}{}{}",
                  device.analytics.empty() ? "" : " Analytics Metadata", device.head ? " PTZ" : "",
                  device.speaks_out ? " AudioOutput AudioDecoder" : "");
  profile.append_attribute("ConfigurationsSupported") = supported.c_str();
  auto streaming = add(all, "tr2:StreamingCapabilities");
  streaming.append_attribute("RTSPStreaming") = "true";
  streaming.append_attribute("RTPMulticast") = "false";
  streaming.append_attribute("RTP_RTSP_TCP") = "true";
  return {};
}

/// Which parts of a profile the request wants (ONVIF Media2, GetProfiles): none unless it names types.
struct Wanted {
  std::vector<std::string> types;

  bool operator()(std::string_view type) const {
    return std::ranges::any_of(types, [&](const auto& one) { return one == type || one == "All"; });
  }
};

void add_profile(pugi::xml_node parent, const OnvifDevice& device, const MediaProfile& profile,
                 const Wanted& wanted) {
  auto node = add(parent, "tr2:Profiles");
  node.append_attribute("token") = profile.token.c_str();
  node.append_attribute("fixed") = profile.fixed ? "true" : "false";
  add(node, "tr2:Name", profile.name);
  if (wanted.types.empty()) return;
  auto set = add(node, "tr2:Configurations");
  for (const auto& type : media_part_types()) {
    const auto found = profile.parts.find(type.name);
    if (found == profile.parts.end() || !wanted(type.name)) continue;
    type.fill2(add(set, fmt::format("tr2:{}", type.name)), device, *media_part(device, type, found->second));
  }
}

OnvifOutcome profiles(const OnvifDevice& device, OnvifCall& call) {
  Wanted wanted;
  for (const auto& type : children(call.request, "Type")) wanted.types.emplace_back(type.text().get());
  const auto token = text_at(call.request, "Token");
  if (!token.empty() && !device.profile(token)) return no_profile(token);
  for (const auto& profile : device.profiles) {
    if (token.empty() || token == profile.token) add_profile(call.answer, device, profile, wanted);
  }
  return {};
}

/// The streams that ConfigurationToken and ProfileToken of the request leave over: of a profile the one that
/// it has, or those that it could have.
std::vector<const OnvifStream*> asked_streams(const OnvifDevice& device, const OnvifCall& call,
                                              std::string (*token_of)(const OnvifStream&)) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto named = text_at(call.request, "ProfileToken");
  const auto* profile = device.profile(named);
  const auto could_have = [&](const OnvifStream& stream) {
    if (!profile) return named.empty();
    if (const auto* own = device.stream_of(*profile)) return own == &stream;
    return device.source_of(*profile).value_or(stream.source) == stream.source;
  };
  std::vector<const OnvifStream*> found;
  for (const auto& stream : device.streams) {
    if ((token.empty() || token == token_of(stream)) && could_have(stream)) found.push_back(&stream);
  }
  return found;
}

OnvifOutcome no_configuration(const OnvifCall& call) {
  return camera::no_configuration(text_at(call.request, "ConfigurationToken"));
}

OnvifOutcome video_encoders(const OnvifDevice& device, OnvifCall& call) {
  const auto streams = asked_streams(device, call, encoder_token);
  if (streams.empty()) return no_configuration(call);
  for (const auto* stream : streams)
    fill_video_encoder2(add(call.answer, "tr2:Configurations"), device, *stream);
  return {};
}

/// What all the asked streams can have, each codec once: of the first, since all have the same encoder.
OnvifOutcome video_encoder_options(const OnvifDevice& device, OnvifCall& call) {
  const auto streams = asked_streams(device, call, encoder_token);
  if (streams.empty()) return no_configuration(call);
  add_encoder_options2(call.answer, device, *streams.front());
  return {};
}

OnvifOutcome video_encoder_instances(const OnvifDevice& device, OnvifCall& call) {
  const auto source =
      device.source_of(video_source_configuration, text_at(call.request, "ConfigurationToken"));
  if (!source) return no_configuration(call);
  const auto instances = std::ranges::count(device.streams, *source, &OnvifStream::source);
  add(add(call.answer, "tr2:Info"), "tr2:Total", std::to_string(instances));
  return {};
}

OnvifOutcome audio_encoders(const OnvifDevice& device, OnvifCall& call) {
  for (const auto* stream : asked_streams(device, call, audio_encoder_token)) {
    if (stream->audio) fill_audio_encoder2(add(call.answer, "tr2:Configurations"), device, *stream);
  }
  return {};
}

OnvifOutcome video_sources(const OnvifDevice& device, OnvifCall& call) {
  add_video_source_configurations(call.answer, "tr2:Configurations", device);
  return {};
}

OnvifOutcome audio_sources(const OnvifDevice& device, OnvifCall& call) {
  add_audio_source_configurations(call.answer, "tr2:Configurations", device);
  return {};
}

OnvifOutcome stream_address(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ProfileToken");
  const auto* profile = device.profile(token);
  if (!profile) return no_profile(token);
  if (!device.stream_of(*profile)) return incomplete_profile(*profile);
  const auto protocol = text_at(call.request, "Protocol");
  if (std::ranges::find(protocols_of_streams, protocol) == std::end(protocols_of_streams)) {
    return refuse(
        {"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
        fmt::format("streams go out by RtspUnicast, RTSP or RtspOverHttp, not by \"{}\"", protocol));
  }
  add(call.answer, "tr2:Uri",
      protocol == "RtspOverHttp" ? tunnel_uri(call, token)
                                 : rtsp_uri(device, call, protocol == "RTSP", token));
  return {};
}

OnvifOutcome snapshot_address(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ProfileToken");
  const auto* profile = device.profile(token);
  if (!profile) return no_profile(token);
  const auto* stream = device.stream_of(*profile);
  if (!stream) return incomplete_profile(*profile);
  add(call.answer, "tr2:Uri", snapshot_uri(call, *stream));
  return {};
}

}  // namespace

OnvifService media2_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  OnvifService service{"tr2", "/onvif/media2_service", 22, 12, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth,
       [&d](OnvifCall& c) { return service_capabilities(d, c); }},
      {"GetProfiles", read, [&d](OnvifCall& c) { return profiles(d, c); }},
      {"GetVideoSourceConfigurations", read, [&d](OnvifCall& c) { return video_sources(d, c); }},
      {"GetAudioSourceConfigurations", read, [&d](OnvifCall& c) { return audio_sources(d, c); }},
      {"GetVideoEncoderConfigurations", read, [&d](OnvifCall& c) { return video_encoders(d, c); }},
      {"GetVideoEncoderConfigurationOptions", read,
       [&d](OnvifCall& c) { return video_encoder_options(d, c); }},
      {"SetVideoEncoderConfiguration", AccessClass::actuate,
       [&d](OnvifCall& c) { return set_encoder2(d, protocols::child(c.request, "Configuration")); }},
      {"GetVideoEncoderInstances", read, [&d](OnvifCall& c) { return video_encoder_instances(d, c); }},
      {"GetAudioEncoderConfigurations", read, [&d](OnvifCall& c) { return audio_encoders(d, c); }},
      {"GetStreamUri", read, [&d](OnvifCall& c) { return stream_address(d, c); }},
      {"GetSnapshotUri", read, [&d](OnvifCall& c) { return snapshot_address(d, c); }},
  };
  for (const auto make : {profile_operations2, source_operations2, sound_operations2})
    std::ranges::move(make(d), std::back_inserter(service.operations));
  if (!d.analytics.empty())
    std::ranges::move(metadata_operations2(d), std::back_inserter(service.operations));
  if (d.osd) std::ranges::move(osd_operations(d), std::back_inserter(service.operations));
  if (d.speaks_out) std::ranges::move(audio_output_operations2(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
