#include "simulators/camera/onvif/media_configurations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/onvif/camera_io.hpp"
#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::camera {

namespace {

using media::Codec;
using protocols::add;

constexpr std::string_view encoder_suffix = "-encoder", audio_suffix = "-audio-encoder";

void name_entity(pugi::xml_node node, const OnvifDevice& device, std::string_view type,
                 const std::string& token) {
  protocols::begin_entity(node, token, token, profile_uses(device, type, token));
}

void begin_source(pugi::xml_node node, const OnvifDevice& device, std::string_view what, unsigned source) {
  const auto token = device.token(what, source);
  name_entity(node, device, what == video_source_configuration ? "VideoSource" : "AudioSource", token);
}

int kilobits(std::int64_t bits) { return static_cast<int>(bits / 1000); }

std::string sound_kilobits(const OnvifStream& stream) {
  if (stream.audio->codec != Codec::aac) return "64";
  return stream.sound ? std::to_string(kilobits(stream.sound->bitrate_bps)) : "32";
}

const OnvifStream* stream_of(const OnvifDevice& device, std::string_view token, std::string_view suffix) {
  if (!token.ends_with(suffix)) return nullptr;
  return device.stream(token.substr(0, token.size() - suffix.size()));
}

}  // namespace

OnvifOutcome incomplete_profile(const MediaProfile& profile) {
  return protocols::SoapFault{
      protocols::SoapFault::Blame::receiver,
      {"ter:Action", "ter:IncompleteConfiguration"},
      fmt::format("the profile \"{}\" has no video encoder, so there is nothing to send", profile.token)};
}

OnvifOutcome no_configuration(std::string_view token) {
  return refuse({"ter:InvalidArgVal", "ter:NoConfig"},
                fmt::format("there is no configuration \"{}\"", token));
}

std::string encoder_token(const OnvifStream& stream) { return stream.name + std::string(encoder_suffix); }
std::string audio_encoder_token(const OnvifStream& stream) { return stream.name + std::string(audio_suffix); }

const OnvifStream* stream_of_encoder(const OnvifDevice& device, std::string_view token) {
  return stream_of(device, token, encoder_suffix);
}

const OnvifStream* stream_of_audio_encoder(const OnvifDevice& device, std::string_view token) {
  const auto* stream = stream_of(device, token, audio_suffix);
  return stream && stream->audio ? stream : nullptr;
}

bool in_version1(const OnvifStream& stream) { return stream.codec() != Codec::h265; }

bool has_audio(const OnvifDevice& device) { return !device.streams.empty() && device.streams[0].audio; }

DeviceConnectors connectors_of(const OnvifDevice& device) {
  return {device.sources, has_audio(device) ? device.sources : 0, device.speaks_out ? 1U : 0U,
          static_cast<unsigned>(device.io->relays().size()), device.io->inputs()};
}

void fill_video_source_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source) {
  begin_source(node, device, video_source_configuration, source);
  add(node, "tt:SourceToken", device.token(video_source, source));
  protocols::add_bounds(node, device.sensor_width, device.sensor_height);
}

void fill_audio_source_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source) {
  begin_source(node, device, audio_source_configuration, source);
  add(node, "tt:SourceToken", device.token(audio_source, source));
}

void add_video_source_configurations(pugi::xml_node parent, const char* name, const OnvifDevice& device) {
  for (unsigned source = 1; source <= device.sources; ++source)
    fill_video_source_configuration(add(parent, name), device, source);
}

void add_audio_source_configurations(pugi::xml_node parent, const char* name, const OnvifDevice& device) {
  for (unsigned source = 1; has_audio(device) && source <= device.sources; ++source)
    fill_audio_source_configuration(add(parent, name), device, source);
}

void fill_video_encoder1(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream) {
  name_entity(node, device, "VideoEncoder", encoder_token(stream));
  const bool jpeg = stream.codec() == Codec::mjpeg;
  add(node, "tt:Encoding", jpeg ? "JPEG" : "H264");
  protocols::add_resolution(node, stream.profile.width, stream.profile.height);
  add(node, "tt:Quality", std::to_string(stream.quality()));
  auto control = add(node, "tt:RateControl");
  add(control, "tt:FrameRateLimit", fmt::format("{:.0f}", stream.profile.rate.value()));
  add(control, "tt:EncodingInterval", "1");
  add(control, "tt:BitrateLimit", std::to_string(kilobits(stream.profile.bitrate_bps)));
  if (!jpeg) {
    auto h264 = add(node, "tt:H264");
    add(h264, "tt:GovLength", std::to_string(stream.profile.gop));
    add(h264, "tt:H264Profile", "High");
  }
  protocols::add_no_multicast(node);
  add(node, "tt:SessionTimeout", "PT60S");
}

void fill_video_encoder2(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream) {
  const auto codec = stream.codec();
  name_entity(node, device, "VideoEncoder", encoder_token(stream));
  if (codec != Codec::mjpeg) {
    node.append_attribute("GovLength") = stream.profile.gop;
    node.append_attribute("Profile") = codec == Codec::h265 ? "Main" : "High";
  }
  add(node, "tt:Encoding", codec == Codec::h265 ? "H265" : codec == Codec::mjpeg ? "JPEG" : "H264");
  protocols::add_resolution(node, stream.profile.width, stream.profile.height);
  auto control = add(node, "tt:RateControl");
  control.append_attribute("ConstantBitRate") = stream.profile.quality ? "false" : "true";
  add(control, "tt:FrameRateLimit", fmt::format("{:g}", stream.profile.rate.value()));
  add(control, "tt:BitrateLimit", std::to_string(kilobits(stream.profile.bitrate_bps)));
  add(node, "tt:Quality", std::to_string(stream.quality()));
}

void fill_audio_encoder1(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream) {
  const bool aac = stream.audio->codec == Codec::aac;
  name_entity(node, device, "AudioEncoder", audio_encoder_token(stream));
  add(node, "tt:Encoding", aac ? "AAC" : "G711");
  add(node, "tt:Bitrate", sound_kilobits(stream));
  add(node, "tt:SampleRate", std::to_string(stream.audio->clock_rate / 1000));
  protocols::add_no_multicast(node);
  add(node, "tt:SessionTimeout", "PT60S");
}

void fill_audio_encoder2(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream) {
  const auto codec = stream.audio->codec;
  name_entity(node, device, "AudioEncoder", audio_encoder_token(stream));
  add(node, "tt:Encoding", codec == Codec::aac ? "MP4A-LATM" : codec == Codec::pcma ? "PCMA" : "PCMU");
  add(node, "tt:Bitrate", sound_kilobits(stream));
  add(node, "tt:SampleRate", std::to_string(stream.audio->clock_rate / 1000));
}

void fill_audio_output_configuration(pugi::xml_node node, const OnvifDevice& device) {
  name_entity(node, device, "AudioOutput", audio_output_configuration);
  add(node, "tt:OutputToken", audio_output);
  add(node, "tt:OutputLevel", "100");
}

void fill_audio_decoder_configuration(pugi::xml_node node, const OnvifDevice& device) {
  name_entity(node, device, "AudioDecoder", audio_decoder_configuration);
}

std::string rtsp_uri(const OnvifDevice& device, const OnvifCall& call, bool interleaved,
                     std::string_view path) {
  const std::string host = call.authority.substr(0, call.authority.rfind(':'));
  if (call.scheme == "https" && interleaved && device.rtsps_port() != 0)
    return fmt::format("rtsps://{}:{}/{}", host, device.rtsps_port(), path);
  return fmt::format("rtsp://{}:{}/{}", host, device.rtsp_port(), path);
}

std::string tunnel_uri(const OnvifCall& call, std::string_view path) {
  return fmt::format("{}://{}/{}", call.scheme, call.authority, path);
}

std::string snapshot_uri(const OnvifCall& call, const OnvifStream& stream) {
  return fmt::format("{}://{}{}{}", call.scheme, call.authority, snapshot_path, stream.name);
}

}  // namespace watchrig::camera
