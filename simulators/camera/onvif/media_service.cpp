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
using StreamFill = void (*)(pugi::xml_node, const OnvifDevice&, const OnvifStream&);

OnvifOutcome service_capabilities(const OnvifDevice& device, OnvifCall& call) {
  auto all = add(call.answer, "trt:Capabilities");
  all.append_attribute("SnapshotUri") = "true";
  all.append_attribute("OSD") = device.osd ? "true" : "false";
  add(all, "trt:ProfileCapabilities").append_attribute("MaximumNumberOfProfiles") =
      static_cast<unsigned>(device.streams.size() + most_made_profiles);
  auto streaming = add(all, "trt:StreamingCapabilities");
  streaming.append_attribute("RTPMulticast") = "false";
  streaming.append_attribute("RTP_TCP") = "false";
  streaming.append_attribute("RTP_RTSP_TCP") = "true";
  return {};
}

/// The one of the request's ProfileToken, when this version can tell of it.
const MediaProfile* asked_profile(const OnvifDevice& device, const OnvifCall& call) {
  const auto* profile = device.profile(text_at(call.request, "ProfileToken"));
  return profile && in_version1(device, *profile) ? profile : nullptr;
}

OnvifOutcome profiles(const OnvifDevice& device, OnvifCall& call) {
  for (const auto& profile : device.profiles) {
    if (in_version1(device, profile)) add_profile1(call.answer, "trt:Profiles", device, profile);
  }
  return {};
}

OnvifOutcome profile(const OnvifDevice& device, OnvifCall& call) {
  const auto* found = asked_profile(device, call);
  if (!found) return no_profile(text_at(call.request, "ProfileToken"));
  add_profile1(call.answer, "trt:Profile", device, *found);
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
    if (has(stream)) fill(add(call.answer, "trt:Configurations"), device, stream);
  }
  return {};
}

OnvifOutcome video_encoder(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = stream_of_encoder(device, text_at(call.request, "ConfigurationToken"));
  if (!stream || !in_version1(*stream)) return no_configuration(call);
  fill_video_encoder1(add(call.answer, "trt:Configuration"), device, *stream);
  return {};
}

/// ConfigurationToken and ProfileToken both narrow down whose options are asked for.
OnvifOutcome video_encoder_options(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto named = text_at(call.request, "ProfileToken");
  const auto* profile = device.profile(named);
  if (!named.empty() && !profile) return no_profile(named);
  const auto* stream = token.empty() ? &device.streams[0] : stream_of_encoder(device, token);
  if (!stream) return no_configuration(call);
  const auto source = profile ? device.source_of(*profile) : std::nullopt;
  if (token.empty() && source) stream = &device.main_stream(*source);
  if (token.empty() && profile && device.stream_of(*profile)) stream = device.stream_of(*profile);
  fill_encoder_options1(add(call.answer, "trt:Options"), device, *stream);
  return {};
}

OnvifOutcome audio_encoder(const OnvifDevice& device, OnvifCall& call) {
  const auto* stream = stream_of_audio_encoder(device, text_at(call.request, "ConfigurationToken"));
  if (!stream) return no_configuration(call);
  fill_audio_encoder1(add(call.answer, "trt:Configuration"), device, *stream);
  return {};
}

OnvifOutcome stream_address(const OnvifDevice& device, OnvifCall& call) {
  const auto* profile = asked_profile(device, call);
  if (!profile) return no_profile(text_at(call.request, "ProfileToken"));
  if (!device.stream_of(*profile)) return incomplete_profile(*profile);
  const auto kind = text_at(call.request, "StreamSetup/Stream");
  const auto transport = text_at(call.request, "StreamSetup/Transport/Protocol");
  const bool tunnelled = transport == "HTTP";
  const bool known = tunnelled || transport == "UDP" || transport == "RTSP" || transport == "TCP";
  if (kind != "RTP-Unicast" || !known) {
    return refuse(
        {"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
        fmt::format("streams go out as RTP-Unicast by UDP, RTSP or HTTP, not as {} by {}", kind, transport));
  }
  protocols::add_media_uri(call, tunnelled ? tunnel_uri(call, profile->token)
                                           : rtsp_uri(device, call, transport != "UDP", profile->token));
  return {};
}

OnvifOutcome snapshot_address(const OnvifDevice& device, OnvifCall& call) {
  const auto* profile = asked_profile(device, call);
  if (!profile) return no_profile(text_at(call.request, "ProfileToken"));
  const auto* stream = device.stream_of(*profile);
  if (!stream) return incomplete_profile(*profile);
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
  for (const auto make : {profile_operations1, source_operations1, sound_operations1})
    std::ranges::move(make(d), std::back_inserter(service.operations));
  if (!d.analytics.empty())
    std::ranges::move(metadata_operations1(d), std::back_inserter(service.operations));
  if (d.speaks_out) std::ranges::move(audio_output_operations1(d), std::back_inserter(service.operations));
  if (!d.osd) return service;
  for (const auto make : {osd_operations, osd_operations1})
    std::ranges::move(make(d), std::back_inserter(service.operations));
  return service;
}

}  // namespace watchrig::camera
