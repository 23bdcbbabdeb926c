// Configurations of video and audio sources in both versions of the media service (ONVIF Media 5.4 and 5.6,
// Media2 5.3): what there is to choose, which is what there is.
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::child;
using protocols::text_at;

OnvifOutcome cannot(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, std::move(reason));
}

void add_range(pugi::xml_node parent, const char* name, int min, int max) {
  auto range = add(parent, name);
  add(range, "tt:Min", std::to_string(min));
  add(range, "tt:Max", std::to_string(max));
}

/// The sources that the request's ConfigurationToken and ProfileToken leave over.
OnvifOutcome asked_sources(const OnvifDevice& device, const OnvifCall& call, std::string_view what,
                           std::vector<unsigned>& sources) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto named = text_at(call.request, "ProfileToken");
  const auto* profile = device.profile(named);
  if (!named.empty() && !profile) return no_profile(named);
  const auto own = profile ? device.source_of(*profile) : std::nullopt;
  const bool none = what == audio_source_configuration && !has_audio(device);
  for (unsigned source = 1; !none && source <= device.sources; ++source) {
    if ((token.empty() || token == device.token(what, source)) && own.value_or(source) == source)
      sources.push_back(source);
  }
  return sources.empty() ? no_configuration(token) : OnvifOutcome();
}

OnvifOutcome video_options(const OnvifDevice& device, OnvifCall& call, const char* name) {
  std::vector<unsigned> sources;
  if (auto refused = asked_sources(device, call, video_source_configuration, sources)) return refused;
  auto options = add(call.answer, name);
  auto bounds = add(options, "tt:BoundsRange");
  add_range(bounds, "tt:XRange", 0, 0);
  add_range(bounds, "tt:YRange", 0, 0);
  add_range(bounds, "tt:WidthRange", device.sensor_width, device.sensor_width);
  add_range(bounds, "tt:HeightRange", device.sensor_height, device.sensor_height);
  for (const auto source : sources)
    add(options, "tt:VideoSourceTokensAvailable", device.token(video_source, source));
  return {};
}

OnvifOutcome audio_options(const OnvifDevice& device, OnvifCall& call, const char* name) {
  std::vector<unsigned> sources;
  if (auto refused = asked_sources(device, call, audio_source_configuration, sources)) return refused;
  auto options = add(call.answer, name);
  for (const auto source : sources)
    add(options, "tt:InputTokensAvailable", device.token(audio_source, source));
  return {};
}

/// A configuration shows its source, all of it.
OnvifOutcome set_video(const OnvifDevice& device, const OnvifCall& call) {
  const auto wanted = child(call.request, "Configuration");
  const std::string token = wanted.attribute("token").value();
  const auto source = device.source_of(video_source_configuration, token);
  if (!source) return no_configuration(token);
  if (text_at(wanted, "SourceToken") != device.token(video_source, *source))
    return cannot(fmt::format("\"{}\" is of the source {}", token, device.token(video_source, *source)));
  const auto bounds = child(wanted, "Bounds");
  const auto is = [&](const char* name, int number) {
    return base::parse_number<int>(bounds.attribute(name).value()) == number;
  };
  if (is("x", 0) && is("y", 0) && is("width", device.sensor_width) && is("height", device.sensor_height))
    return {};
  return cannot(
      fmt::format("the bounds are those of the sensor, {}x{}", device.sensor_width, device.sensor_height));
}

OnvifOutcome set_audio(const OnvifDevice& device, const OnvifCall& call) {
  const auto wanted = child(call.request, "Configuration");
  const std::string token = wanted.attribute("token").value();
  const auto source = device.source_of(audio_source_configuration, token);
  if (!source || !has_audio(device)) return no_configuration(token);
  if (text_at(wanted, "SourceToken") == device.token(audio_source, *source)) return {};
  return cannot(fmt::format("\"{}\" is of the source {}", token, device.token(audio_source, *source)));
}

OnvifOutcome audio_source_one(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto source = device.source_of(audio_source_configuration, token);
  if (!source || !has_audio(device)) return no_configuration(token);
  fill_audio_source_configuration(add(call.answer, "trt:Configuration"), device, *source);
  return {};
}

/// Every stream has an encoder of its own, which can be of any kind.
OnvifOutcome instances(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto source = device.source_of(video_source_configuration, token);
  if (!source) return no_configuration(token);
  const auto count = std::to_string(std::ranges::count(device.streams, *source, &OnvifStream::source));
  for (const char* name : {"trt:TotalNumber", "trt:JPEG", "trt:H264"}) add(call.answer, name, count);
  return {};
}

}  // namespace

std::vector<OnvifOperation> source_operations1(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  constexpr auto actuate = AccessClass::actuate;
  return {
      {"GetVideoSourceConfigurationOptions", read,
       [&d](OnvifCall& c) { return video_options(d, c, "trt:Options"); }},
      {"SetVideoSourceConfiguration", actuate, [&d](OnvifCall& c) { return set_video(d, c); }},
      {"GetAudioSourceConfiguration", read, [&d](OnvifCall& c) { return audio_source_one(d, c); }},
      {"GetAudioSourceConfigurationOptions", read,
       [&d](OnvifCall& c) { return audio_options(d, c, "trt:Options"); }},
      {"SetAudioSourceConfiguration", actuate, [&d](OnvifCall& c) { return set_audio(d, c); }},
      {"GetGuaranteedNumberOfVideoEncoderInstances", read, [&d](OnvifCall& c) { return instances(d, c); }},
  };
}

std::vector<OnvifOperation> source_operations2(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  constexpr auto actuate = AccessClass::actuate;
  return {
      {"GetVideoSourceConfigurationOptions", read,
       [&d](OnvifCall& c) { return video_options(d, c, "tr2:Options"); }},
      {"SetVideoSourceConfiguration", actuate, [&d](OnvifCall& c) { return set_video(d, c); }},
      {"GetAudioSourceConfigurationOptions", read,
       [&d](OnvifCall& c) { return audio_options(d, c, "tr2:Options"); }},
      {"SetAudioSourceConfiguration", actuate, [&d](OnvifCall& c) { return set_audio(d, c); }},
  };
}

}  // namespace watchrig::camera
