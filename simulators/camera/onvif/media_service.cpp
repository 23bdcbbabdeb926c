// Version 1 of the media service (ONVIF Media): profiles of streams that it can tell of, their addresses.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "simulators/camera/onvif/encoder_settings.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"
#include "simulators/camera/onvif/ptz_spaces.hpp"
#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::text_at;
using StreamFill = void (*)(pugi::xml_node, const OnvifStream&);

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "trt:Capabilities");
  all.append_attribute("SnapshotUri") = "true";
  all.append_attribute("OSD") = device.osd ? "true" : "false";
  add(all, "trt:ProfileCapabilities").append_attribute("MaximumNumberOfProfiles") =
      static_cast<unsigned>(device.streams.size());
  auto streaming = add(all, "trt:StreamingCapabilities");
  streaming.append_attribute("RTPMulticast") = "false";
  streaming.append_attribute("RTP_TCP") = "false";
  streaming.append_attribute("RTP_RTSP_TCP") = "true";
  return {};
}

void add_profile(pugi::xml_node parent, const char* name, const OnvifDevice& device,
                 const OnvifStream& stream) {
  auto profile = add(parent, name);
  profile.append_attribute("token") = stream.name.c_str();
  profile.append_attribute("fixed") = "true";
  add(profile, "tt:Name", stream.name);
  fill_video_source_configuration(add(profile, "tt:VideoSourceConfiguration"), device, stream.source);
  if (stream.audio)
    fill_audio_source_configuration(add(profile, "tt:AudioSourceConfiguration"), device, stream.source);
  fill_video_encoder1(add(profile, "tt:VideoEncoderConfiguration"), stream);
  if (stream.audio) fill_audio_encoder1(add(profile, "tt:AudioEncoderConfiguration"), stream);
  if (has_analytics(device, stream))
    fill_analytics_configuration(add(profile, "tt:VideoAnalyticsConfiguration"), device, stream.source);
  if (device.head) fill_ptz_configuration(add(profile, "tt:PTZConfiguration"), device);
  if (has_metadata(device, stream))
    fill_metadata_configuration(add(profile, "tt:MetadataConfiguration"), device, stream.source);
  if (!device.speaks_out) return;
  auto more = add(profile, "tt:Extension");
  fill_audio_output_configuration(add(more, "tt:AudioOutputConfiguration"), device);
  fill_audio_decoder_configuration(add(more, "tt:AudioDecoderConfiguration"), device);
}

/// The stream of the request's ProfileToken, when this version can tell of it.
const OnvifStream* asked_profile(const OnvifDevice& device, const OnvifCall& call) {
  const auto* stream = device.stream(text_at(call.request, "ProfileToken"));
  return stream && in_version1(*stream) ? stream : nullptr;
}

OnvifOutcome profiles(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& stream : device.streams) {
    if (in_version1(stream)) add_profile(call.answer, "trt:Profiles", device, stream);
  }
  return {};
}

OnvifOutcome profile(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = asked_profile(device, call);
  if (!stream) return no_profile(text_at(call.request, "ProfileToken"));
  add_profile(call.answer, "trt:Profile", device, *stream);
  return {};
}

OnvifOutcome video_sources(const OnvifDevice& device, OnvifCall& call) {
  for (unsigned number = 1; number <= device.sources; ++number) {
    const auto& profile = device.main_stream(number).profile;
    auto source = add(call.answer, "trt:VideoSources");
    source.append_attribute("token") = device.token(video_source, number).c_str();
    add(source, "tt:Framerate", fmt::format("{:g}", profile.rate.value()));
    protocols::add_resolution(source, device.sensor_width, device.sensor_height);
  }
  return {};
}

OnvifOutcome audio_sources(const OnvifDevice& device, OnvifCall& call) {
  for (unsigned number = 1; has_audio(device) && number <= device.sources; ++number) {
    auto source = add(call.answer, "trt:AudioSources");
    source.append_attribute("token") = device.token(audio_source, number).c_str();
    add(source, "tt:Channels", "1");
  }
  return {};
}

OnvifOutcome no_configuration(const OnvifCall& call) {
  return camera::no_configuration(text_at(call.request, "ConfigurationToken"));
}

OnvifOutcome one_video_source_configuration(const OnvifDevice& device, OnvifCall& call) {
  const auto source =
      device.source_of(video_source_configuration, text_at(call.request, "ConfigurationToken"));
  if (!source) return no_configuration(call);
  fill_video_source_configuration(add(call.answer, "trt:Configuration"), device, *source);
  return {};
}

/// Configurations of those streams that have one, under the same element.
OnvifOutcome list(const OnvifDevice& device, OnvifCall& call, bool (*has)(const OnvifStream&),
                  StreamFill fill) {
  for (const auto& stream : device.streams) {
    if (has(stream)) fill(add(call.answer, "trt:Configurations"), stream);
  }
  return {};
}

OnvifOutcome video_encoder(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = stream_of_encoder(device, text_at(call.request, "ConfigurationToken"));
  if (!stream || !in_version1(*stream)) return no_configuration(call);
  fill_video_encoder1(add(call.answer, "trt:Configuration"), *stream);
  return {};
}

/// ConfigurationToken and ProfileToken both narrow down whose options are asked for.
OnvifOutcome video_encoder_options(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto profile = text_at(call.request, "ProfileToken");
  const auto* stream = token.empty() ? device.stream(profile) : stream_of_encoder(device, token);
  if (token.empty() && profile.empty()) stream = &device.streams[0];
  if (!token.empty() && !stream) return no_configuration(call);
  if (!stream || (!profile.empty() && profile != stream->name)) return no_profile(profile);
  fill_encoder_options1(add(call.answer, "trt:Options"), device, *stream);
  return {};
}

OnvifOutcome audio_encoder(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = stream_of_audio_encoder(device, text_at(call.request, "ConfigurationToken"));
  if (!stream) return no_configuration(call);
  fill_audio_encoder1(add(call.answer, "trt:Configuration"), *stream);
  return {};
}

OnvifOutcome stream_address(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = asked_profile(device, call);
  if (!stream) return no_profile(text_at(call.request, "ProfileToken"));
  const auto kind = text_at(call.request, "StreamSetup/Stream");
  const auto transport = text_at(call.request, "StreamSetup/Transport/Protocol");
  const bool tunnelled = transport == "HTTP";
  const bool known = tunnelled || transport == "UDP" || transport == "RTSP" || transport == "TCP";
  if (kind != "RTP-Unicast" || !known) {
    return refuse(
        {"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
        fmt::format("streams go out as RTP-Unicast by UDP, RTSP or HTTP, not as {} by {}", kind, transport));
  }
  protocols::add_media_uri(call, tunnelled ? tunnel_uri(call, stream->name)
                                           : rtsp_uri(device, call, transport != "UDP", stream->name));
  return {};
}

OnvifOutcome snapshot_address(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = asked_profile(device, call);
  if (!stream) return no_profile(text_at(call.request, "ProfileToken"));
  protocols::add_media_uri(call, snapshot_uri(call, *stream));
  return {};
}

bool sounds(const OnvifStream& stream) { return stream.audio.has_value(); }

}  // namespace

OnvifService media_service(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  OnvifService service{"trt", "/onvif/media_service", 2, 60, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth,
       [&d](OnvifCall& c) { return service_capabilities(d, c); }},
      {"GetProfiles", read, [&d](OnvifCall& c) { return profiles(d, c); }},
      {"GetProfile", read, [&d](OnvifCall& c) { return profile(d, c); }},
      {"GetVideoSources", read, [&d](OnvifCall& c) { return video_sources(d, c); }},
      {"GetAudioSources", read, [&d](OnvifCall& c) { return audio_sources(d, c); }},
      {"GetVideoSourceConfigurations", read,
       [&d](OnvifCall& c) -> OnvifOutcome {
         add_video_source_configurations(c.answer, "trt:Configurations", d);
         return {};
       }},
      {"GetVideoSourceConfiguration", read,
       [&d](OnvifCall& c) { return one_video_source_configuration(d, c); }},
      {"GetAudioSourceConfigurations", read,
       [&d](OnvifCall& c) -> OnvifOutcome {
         add_audio_source_configurations(c.answer, "trt:Configurations", d);
         return {};
       }},
      {"GetVideoEncoderConfigurations", read,
       [&d](OnvifCall& c) { return list(d, c, in_version1, fill_video_encoder1); }},
      {"GetVideoEncoderConfiguration", read, [&d](OnvifCall& c) { return video_encoder(d, c); }},
      {"GetVideoEncoderConfigurationOptions", read,
       [&d](OnvifCall& c) { return video_encoder_options(d, c); }},
      {"SetVideoEncoderConfiguration", AccessClass::actuate,
       [&d](OnvifCall& c) { return set_encoder1(d, protocols::child(c.request, "Configuration")); }},
      {"GetAudioEncoderConfigurations", read,
       [&d](OnvifCall& c) { return list(d, c, sounds, fill_audio_encoder1); }},
      {"GetAudioEncoderConfiguration", read, [&d](OnvifCall& c) { return audio_encoder(d, c); }},
      {"GetStreamUri", read, [&d](OnvifCall& c) { return stream_address(d, c); }},
      {"GetSnapshotUri", read, [&d](OnvifCall& c) { return snapshot_address(d, c); }},
  };
  if (!d.analytics.empty())
    std::ranges::move(metadata_operations1(d), std::back_inserter(service.operations));
  if (d.speaks_out) std::ranges::move(audio_output_operations1(d), std::back_inserter(service.operations));
  if (!d.osd) return service;
  for (const auto make : {osd_operations, osd_operations1})
    std::ranges::move(make(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
