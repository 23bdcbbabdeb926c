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
  profile.append_attribute("MaximumNumberOfProfiles") = static_cast<unsigned>(device.streams.size());
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

void add_profile(pugi::xml_node parent, const OnvifDevice& device, const OnvifStream& stream,
                 const Wanted& wanted) {
  auto profile = add(parent, "tr2:Profiles");
  profile.append_attribute("token") = stream.name.c_str();
  profile.append_attribute("fixed") = "true";
  add(profile, "tr2:Name", stream.name);
  if (wanted.types.empty()) return;
  auto set = add(profile, "tr2:Configurations");
  if (wanted("VideoSource"))
    fill_video_source_configuration(add(set, "tr2:VideoSource"), device, stream.source);
  if (wanted("AudioSource") && stream.audio) {
    fill_audio_source_configuration(add(set, "tr2:AudioSource"), device, stream.source);
  }
  if (wanted("VideoEncoder")) fill_video_encoder2(add(set, "tr2:VideoEncoder"), stream);
  if (wanted("AudioEncoder") && stream.audio) fill_audio_encoder2(add(set, "tr2:AudioEncoder"), stream);
  if (wanted("Analytics") && has_analytics(device, stream))
    fill_analytics_configuration(add(set, "tr2:Analytics"), device, stream.source);
  if (wanted("PTZ") && device.head) fill_ptz_configuration(add(set, "tr2:PTZ"), device);
  if (wanted("Metadata") && has_metadata(device, stream))
    fill_metadata_configuration(add(set, "tr2:Metadata"), device, stream.source);
  if (!device.speaks_out) return;
  if (wanted("AudioOutput")) fill_audio_output_configuration(add(set, "tr2:AudioOutput"), device);
  if (wanted("AudioDecoder")) fill_audio_decoder_configuration(add(set, "tr2:AudioDecoder"), device);
}

OnvifOutcome profiles(const OnvifDevice& device, OnvifCall& call) {
  Wanted wanted;
  for (const auto& type : children(call.request, "Type")) wanted.types.emplace_back(type.text().get());
  const auto token = text_at(call.request, "Token");
  if (!token.empty() && !device.stream(token)) return no_profile(token);
  for (const auto& stream : device.streams) {
    if (token.empty() || token == stream.name) add_profile(call.answer, device, stream, wanted);
  }
  return {};
}

/// The streams that ConfigurationToken and ProfileToken of the request leave over.
std::vector<const OnvifStream*> asked_streams(const OnvifDevice& device, const OnvifCall& call,
                                              std::string (*token_of)(const OnvifStream&)) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto profile = text_at(call.request, "ProfileToken");
  std::vector<const OnvifStream*> found;
  for (const auto& stream : device.streams) {
    const bool fits =
        (token.empty() || token == token_of(stream)) && (profile.empty() || profile == stream.name);
    if (fits) found.push_back(&stream);
  }
  return found;
}

OnvifOutcome no_configuration(const OnvifCall& call) {
  return camera::no_configuration(text_at(call.request, "ConfigurationToken"));
}

OnvifOutcome video_encoders(const OnvifDevice& device, OnvifCall& call) {
  const auto streams = asked_streams(device, call, encoder_token);
  if (streams.empty()) return no_configuration(call);
  for (const auto* stream : streams) fill_video_encoder2(add(call.answer, "tr2:Configurations"), *stream);
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
    if (stream->audio) fill_audio_encoder2(add(call.answer, "tr2:Configurations"), *stream);
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
  const auto* stream = device.stream(token);
  if (!stream) return no_profile(token);
  const auto protocol = text_at(call.request, "Protocol");
  if (std::ranges::find(protocols_of_streams, protocol) == std::end(protocols_of_streams)) {
    return refuse(
        {"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
        fmt::format("streams go out by RtspUnicast, RTSP or RtspOverHttp, not by \"{}\"", protocol));
  }
  add(call.answer, "tr2:Uri",
      protocol == "RtspOverHttp" ? tunnel_uri(call, stream->name)
                                 : rtsp_uri(device, call, protocol == "RTSP", stream->name));
  return {};
}

OnvifOutcome snapshot_address(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ProfileToken");
  const auto* stream = device.stream(token);
  if (!stream) return no_profile(token);
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
  if (!d.analytics.empty())
    std::ranges::move(metadata_operations2(d), std::back_inserter(service.operations));
  if (d.osd) std::ranges::move(osd_operations(d), std::back_inserter(service.operations));
  if (d.speaks_out) std::ranges::move(audio_output_operations2(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
