// The loudspeaker of a camera in both versions of the media service (ONVIF Media 5.11 and 5.12, Media2 5.2).
// There is one, which all profiles have; what is said to it comes by RTSP (ONVIF Streaming 5.3).
#include <fmt/format.h>

#include "simulators/camera/loudspeaker.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::text_at;
using Fill = void (*)(pugi::xml_node, const OnvifDevice&);

/// Nothing when the tokens of the request, as far as it has any, are of a profile and of the configuration.
OnvifOutcome check_tokens(const OnvifDevice& device, const OnvifCall& call, std::string_view configuration) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto profile = text_at(call.request, "ProfileToken");
  if (!token.empty() && token != configuration)
    return refuse({"ter:InvalidArgVal", "ter:NoConfig"},
                  fmt::format("there is no configuration \"{}\"", token));
  if (!profile.empty() && !device.profile(profile)) return no_profile(profile);
  return {};
}

OnvifOutcome outputs(OnvifCall& call) {
  add(call.answer, "trt:AudioOutputs").append_attribute("token") = audio_output;
  return {};
}

/// The volume is fixed.
void fill_output_options(pugi::xml_node node, const OnvifDevice&) {
  add(node, "tt:OutputTokensAvailable", audio_output);
  auto level = add(node, "tt:OutputLevelRange");
  add(level, "tt:Min", "100");
  add(level, "tt:Max", "100");
}

/// Bit rates in kbit/s, sample rates in kHz.
void fill_decoder_options1(pugi::xml_node node, const OnvifDevice&) {
  auto g711 = add(node, "tt:G711DecOptions");
  add(add(g711, "tt:Bitrate"), "tt:Items", "64");
  add(add(g711, "tt:SampleRateRange"), "tt:Items", "8");
}

OnvifOutcome decoder_options2(const OnvifDevice& device, OnvifCall& call) {
  if (auto wrong = check_tokens(device, call, audio_decoder_configuration)) return wrong;
  for (const auto& coding : Loudspeaker::codings()) {
    auto options = add(call.answer, "tr2:Options");
    add(options, "tt:Encoding", coding.codec == media::Codec::pcma ? "PCMA" : "PCMU");
    add(add(options, "tt:BitrateList"), "tt:Items", "64");
    add(add(options, "tt:SampleRateList"), "tt:Items", std::to_string(coding.clock_rate / 1000));
  }
  return {};
}

/// The one output is as loud as it is.
OnvifOutcome set_output(const OnvifDevice& device, const OnvifCall& call) {
  const auto wanted = protocols::child(call.request, "Configuration");
  const std::string token = wanted.attribute("token").value();
  if (token != audio_output_configuration) return no_configuration(token);
  const auto level = text_at(wanted, "OutputLevel");
  if (text_at(wanted, "OutputToken") == audio_output && (level.empty() || level == "100")) return {};
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"},
                fmt::format("{} has the output {} at level 100 only", device.id, audio_output));
}

/// A decoder understands all that it can understand, whatever it is told.
OnvifOutcome set_decoder(const OnvifCall& call) {
  const std::string token = protocols::child(call.request, "Configuration").attribute("token").value();
  return token == audio_decoder_configuration ? OnvifOutcome() : no_configuration(token);
}

/// What an operation does that answers with one element about the configuration.
auto telling(const OnvifDevice& device, const char* configuration, const char* element, Fill fill) {
  return [&device, configuration, element, fill](OnvifCall& call) -> OnvifOutcome {
    if (auto wrong = check_tokens(device, call, configuration)) return wrong;
    fill(add(call.answer, element), device);
    return {};
  };
}
auto output(const OnvifDevice& device, const char* element, Fill fill = fill_audio_output_configuration) {
  return telling(device, audio_output_configuration, element, fill);
}
auto decoder(const OnvifDevice& device, const char* element, Fill fill = fill_audio_decoder_configuration) {
  return telling(device, audio_decoder_configuration, element, fill);
}

}  // namespace

std::vector<OnvifOperation> audio_output_operations1(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  return {
      {"GetAudioOutputs", read, [](OnvifCall& c) { return outputs(c); }},
      {"GetAudioOutputConfigurations", read, output(d, "trt:Configurations")},
      {"GetAudioOutputConfiguration", read, output(d, "trt:Configuration")},
      {"GetAudioOutputConfigurationOptions", read, output(d, "trt:Options", fill_output_options)},
      {"SetAudioOutputConfiguration", AccessClass::actuate, [&d](OnvifCall& c) { return set_output(d, c); }},
      {"SetAudioDecoderConfiguration", AccessClass::actuate, set_decoder},
      {"GetAudioDecoderConfigurations", read, decoder(d, "trt:Configurations")},
      {"GetAudioDecoderConfiguration", read, decoder(d, "trt:Configuration")},
      {"GetAudioDecoderConfigurationOptions", read, decoder(d, "trt:Options", fill_decoder_options1)},
  };
}

std::vector<OnvifOperation> audio_output_operations2(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  return {
      {"GetAudioOutputConfigurations", read, output(d, "tr2:Configurations")},
      {"GetAudioOutputConfigurationOptions", read, output(d, "tr2:Options", fill_output_options)},
      {"SetAudioOutputConfiguration", AccessClass::actuate, [&d](OnvifCall& c) { return set_output(d, c); }},
      {"SetAudioDecoderConfiguration", AccessClass::actuate, set_decoder},
      {"GetAudioDecoderConfigurations", read, decoder(d, "tr2:Configurations")},
      {"GetAudioDecoderConfigurationOptions", read, [&d](OnvifCall& c) { return decoder_options2(d, c); }},
  };
}

}  // namespace watchrig::camera
