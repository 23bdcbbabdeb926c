// Settings of audio encoders in both versions of the media service (ONVIF Media 5.7, Media2 5.3.4): they
// change what is sent to whoever asks from then on.
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/media_configurations.hpp"
#include "system/base/text.hpp"

namespace watchrig::camera {

namespace {

using media::Codec;
using protocols::add;
using protocols::child;
using protocols::text_at;

struct Encoding {
  const char* name;
  Codec codec;
};
/// Version 1 does not tell the two laws of G.711 apart.
constexpr Encoding encodings1[] = {{"G711", Codec::pcmu}, {"AAC", Codec::aac}},
                   encodings2[] = {{"PCMU", Codec::pcmu}, {"PCMA", Codec::pcma}, {"MP4A-LATM", Codec::aac}};

OnvifOutcome cannot(std::string reason) {
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"}, std::move(reason));
}

/// The stream of the request's ConfigurationToken or ProfileToken, or else the first with sound.
OnvifOutcome asked_stream(const OnvifDevice& device, const OnvifCall& call, const OnvifStream*& stream) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto named = text_at(call.request, "ProfileToken");
  const auto* profile = device.profile(named);
  if (!named.empty() && !profile) return no_profile(named);
  if (!token.empty()) {
    stream = stream_of_audio_encoder(device, token);
  } else if (profile && device.stream_of(*profile)) {
    stream = device.stream_of(*profile);
  } else {
    stream = &device.streams.front();
  }
  return stream && stream->audio ? OnvifOutcome() : no_configuration(token);
}

void add_items(pugi::xml_node parent, const char* name, std::span<const int> items) {
  auto list = add(parent, name);
  for (const int item : items) add(list, "tt:Items", std::to_string(item));
}

void add_lists(pugi::xml_node options, const char* name, Codec codec) {
  constexpr int g711_bits[] = {64}, g711_rates[] = {8};
  add(options, "tt:Encoding", name);
  const bool aac = codec == Codec::aac;
  add_items(options, "tt:BitrateList", aac ? std::span<const int>(scene::aac_bitrates) : g711_bits);
  add_items(options, "tt:SampleRateList", aac ? std::span<const int>(scene::aac_sample_rates) : g711_rates);
}

/// Of sound that comes from a file there is nothing to choose.
bool can_be(const OnvifStream& stream, Codec codec) {
  const bool both_g711 = codec != Codec::aac && stream.audio->codec != Codec::aac;
  return stream.sound || stream.audio->codec == codec || both_g711;
}

OnvifOutcome options1(const OnvifDevice& device, OnvifCall& call) {
  const OnvifStream* stream = nullptr;
  if (auto refused = asked_stream(device, call, stream)) return refused;
  auto options = add(call.answer, "trt:Options");
  for (const auto& [name, codec] : encodings1) {
    if (can_be(*stream, codec)) add_lists(add(options, "tt:Options"), name, codec);
  }
  return {};
}

OnvifOutcome options2(const OnvifDevice& device, OnvifCall& call) {
  const OnvifStream* stream = nullptr;
  if (auto refused = asked_stream(device, call, stream)) return refused;
  for (const auto& [name, codec] : encodings2) {
    if (stream->sound || stream->audio->codec == codec)
      add_lists(add(call.answer, "tr2:Options"), name, codec);
  }
  return {};
}

/// What is in a list; nothing for everything else.
std::optional<int> chosen(pugi::xml_node node, const char* name, std::span<const int> items) {
  const auto number = base::parse_number<int>(text_at(node, name));
  return number && std::ranges::find(items, *number) != items.end() ? number : std::nullopt;
}

OnvifOutcome read_profile(pugi::xml_node wanted, Codec codec, scene::StreamProfile& profile) {
  profile = scene::sound_profile(codec);
  if (codec != Codec::aac) {
    constexpr int bits[] = {64}, rates[] = {8};
    if (chosen(wanted, "Bitrate", bits) && chosen(wanted, "SampleRate", rates)) return {};
    return cannot("G.711 has 64 kb/s at 8 kHz");
  }
  const auto bits = chosen(wanted, "Bitrate", scene::aac_bitrates),
             rate = chosen(wanted, "SampleRate", scene::aac_sample_rates);
  if (!bits || !rate)
    return cannot(fmt::format("AAC has {} kb/s at {} kHz", fmt::join(scene::aac_bitrates, ", "),
                              fmt::join(scene::aac_sample_rates, ", ")));
  profile = scene::sound_profile(codec, *rate * 1000, std::int64_t{1000} * *bits);
  return {};
}

OnvifOutcome set_encoder(OnvifDevice& device, const OnvifCall& call, std::span<const Encoding> encodings) {
  const auto wanted = child(call.request, "Configuration");
  const std::string token = wanted.attribute("token").value();
  const auto stream = std::ranges::find(device.streams, token, audio_encoder_token);
  if (stream == device.streams.end() || !stream->audio) return no_configuration(token);
  const auto name = text_at(wanted, "Encoding");
  const auto encoding = std::ranges::find(encodings, name, &Encoding::name);
  if (encoding == encodings.end()) return cannot(fmt::format("there is no encoding \"{}\"", name));
  const bool keeps_law = name == "G711" && stream->audio->codec != Codec::aac;
  scene::StreamProfile profile;
  if (auto wrong = read_profile(wanted, keeps_law ? stream->audio->codec : encoding->codec, profile))
    return wrong;
  if (!stream->sound) {
    return profile.codec == stream->audio->codec ? OnvifOutcome()
                                                 : cannot("this camera sends the sound of a file as it is");
  }
  if (profile == *stream->sound) return {};
  const auto changed = device.encode_sound(stream->name, profile);
  if (!changed) return cannot(changed.error().message);
  stream->sound = profile;
  stream->audio = *changed;
  return {};
}

}  // namespace

std::vector<OnvifOperation> sound_operations1(OnvifDevice& d) {
  return {
      {"GetAudioEncoderConfigurationOptions", AccessClass::read_media,
       [&d](OnvifCall& c) { return options1(d, c); }},
      {"SetAudioEncoderConfiguration", AccessClass::actuate,
       [&d](OnvifCall& c) { return set_encoder(d, c, encodings1); }},
  };
}

std::vector<OnvifOperation> sound_operations2(OnvifDevice& d) {
  return {
      {"GetAudioEncoderConfigurationOptions", AccessClass::read_media,
       [&d](OnvifCall& c) { return options2(d, c); }},
      {"SetAudioEncoderConfiguration", AccessClass::actuate,
       [&d](OnvifCall& c) { return set_encoder(d, c, encodings2); }},
  };
}

}  // namespace watchrig::camera
