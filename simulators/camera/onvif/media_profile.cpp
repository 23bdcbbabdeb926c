#include "simulators/camera/onvif/media_profile.hpp"

#include <algorithm>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/metadata_configurations.hpp"
#include "simulators/camera/onvif/ptz_spaces.hpp"
#include "simulators/camera/stream_routes.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using Parts = std::vector<MediaPart>;
using Node = pugi::xml_node;

Parts of_sources(const OnvifDevice& device, std::string_view what) {
  Parts parts;
  for (unsigned source = 1; source <= device.sources; ++source)
    parts.push_back({device.token(what, source), source});
  return parts;
}

Parts of_streams(const OnvifDevice& device, std::string (*token)(const OnvifStream&), bool sound) {
  Parts parts;
  for (const auto& stream : device.streams) {
    if (!sound || stream.audio) parts.push_back({token(stream), stream.source, stream.name});
  }
  return parts;
}

Parts one_if(bool has, std::string_view token) { return has ? Parts{{std::string(token)}} : Parts(); }

template <auto fill>
void of_source(Node node, const OnvifDevice& device, const MediaPart& part) {
  fill(node, device, part.source);
}
template <auto fill>
void of_stream(Node node, const OnvifDevice& device, const MediaPart& part) {
  fill(node, device, *device.stream(part.stream));
}
template <auto fill>
void of_device(Node node, const OnvifDevice& device, const MediaPart&) {
  fill(node, device);
}

}  // namespace

const std::vector<MediaPartType>& media_part_types() {
  static const std::vector<MediaPartType> types{
      {"VideoSource", "tt:VideoSourceConfiguration", "",
       [](const OnvifDevice& d) { return of_sources(d, video_source_configuration); },
       of_source<fill_video_source_configuration>, of_source<fill_video_source_configuration>},
      {"AudioSource", "tt:AudioSourceConfiguration", "",
       [](const OnvifDevice& d) {
         return has_audio(d) ? of_sources(d, audio_source_configuration) : Parts();
       },
       of_source<fill_audio_source_configuration>, of_source<fill_audio_source_configuration>},
      {"VideoEncoder", "tt:VideoEncoderConfiguration", "VideoSource",
       [](const OnvifDevice& d) { return of_streams(d, encoder_token, false); },
       of_stream<fill_video_encoder1>, of_stream<fill_video_encoder2>},
      {"AudioEncoder", "tt:AudioEncoderConfiguration", "AudioSource",
       [](const OnvifDevice& d) { return of_streams(d, audio_encoder_token, true); },
       of_stream<fill_audio_encoder1>, of_stream<fill_audio_encoder2>},
      {"Analytics", "tt:VideoAnalyticsConfiguration", "VideoSource",
       [](const OnvifDevice& d) {
         return d.analytics.empty() ? Parts() : of_sources(d, analytics_configuration);
       },
       of_source<fill_analytics_configuration>, of_source<fill_analytics_configuration>},
      {"PTZ", "tt:PTZConfiguration", "VideoSource",
       [](const OnvifDevice& d) { return one_if(d.head != nullptr, ptz_configuration_token); },
       of_device<fill_ptz_configuration>, of_device<fill_ptz_configuration>},
      {"Metadata", "tt:MetadataConfiguration", "VideoSource",
       [](const OnvifDevice& d) {
         return d.analytics.empty() ? Parts() : of_sources(d, metadata_configuration);
       },
       of_source<fill_metadata_configuration>, of_source<fill_metadata_configuration>},
      {"AudioOutput", "tt:AudioOutputConfiguration", "",
       [](const OnvifDevice& d) { return one_if(d.speaks_out, audio_output_configuration); },
       of_device<fill_audio_output_configuration>, of_device<fill_audio_output_configuration>},
      {"AudioDecoder", "tt:AudioDecoderConfiguration", "AudioOutput",
       [](const OnvifDevice& d) { return one_if(d.speaks_out, audio_decoder_configuration); },
       of_device<fill_audio_decoder_configuration>, of_device<fill_audio_decoder_configuration>},
  };
  return types;
}

const MediaPartType* media_part_type(std::string_view name) {
  const auto& types = media_part_types();
  const auto found = std::ranges::find(types, name, &MediaPartType::name);
  return found == types.end() ? nullptr : &*found;
}

std::optional<MediaPart> media_part(const OnvifDevice& device, const MediaPartType& type,
                                    std::string_view token) {
  for (auto& part : type.all(device)) {
    if (part.token == token) return std::move(part);
  }
  return std::nullopt;
}

std::vector<MediaProfile> first_profiles(const OnvifDevice& device) {
  std::vector<MediaProfile> profiles;
  for (const auto& stream : device.streams) {
    MediaProfile profile{stream.name, stream.name, true, {}};
    for (const auto& type : media_part_types()) {
      if (type.name == "AudioSource" && !stream.audio) continue;
      for (const auto& part : type.all(device)) {
        const bool fits = part.stream.empty() ? part.source == 0 || part.source == stream.source
                                              : part.stream == stream.name;
        if (fits) profile.parts.emplace(type.name, part.token);
      }
    }
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

void settle_profiles(OnvifDevice& device) {
  std::map<std::string, StreamRoutes::Route> routes;
  std::map<std::string, MetadataProfile> told;
  for (const auto& stream : device.streams) told[stream.name] = {false, false};
  for (const auto& profile : device.profiles) {
    const auto* stream = device.stream_of(profile);
    routes[profile.token] = {"", false, false};  // nothing is sent there without an encoder
    if (!stream) continue;
    routes[profile.token] = {stream->name, profile.has("AudioEncoder"), profile.has("Metadata")};
    auto& of_stream = told[stream->name];
    of_stream.metadata = of_stream.metadata || profile.has("Metadata");
    of_stream.analytics = of_stream.analytics || profile.has("Analytics");
  }
  if (device.routes) device.routes->set(std::move(routes));
  for (const auto& stream : device.streams) {
    if (!device.analytics.empty())
      device.analytics[stream.source - 1]->set_profile(stream.name, told[stream.name]);
  }
}

std::size_t profile_uses(const OnvifDevice& device, std::string_view type, std::string_view token) {
  return static_cast<std::size_t>(std::ranges::count_if(device.profiles, [&](const MediaProfile& profile) {
    const auto found = profile.parts.find(type);
    return found != profile.parts.end() && found->second == token;
  }));
}

bool in_version1(const OnvifDevice& device, const MediaProfile& profile) {
  const auto* stream = device.stream_of(profile);
  return !stream || in_version1(*stream);
}

void add_profile1(Node parent, const char* name, const OnvifDevice& device, const MediaProfile& profile) {
  auto node = add(parent, name);
  node.append_attribute("token") = profile.token.c_str();
  node.append_attribute("fixed") = profile.fixed ? "true" : "false";
  add(node, "tt:Name", profile.name);
  for (const auto& type : media_part_types()) {
    const auto found = profile.parts.find(type.name);
    if (found == profile.parts.end()) continue;
    const bool late = type.name == "AudioOutput" || type.name == "AudioDecoder";
    if (late && !node.child("tt:Extension")) add(node, "tt:Extension");
    const auto place = late ? node.child("tt:Extension") : node;
    type.fill1(add(place, type.element1), device, *media_part(device, type, found->second));
  }
}

}  // namespace watchrig::camera
