#pragma once

#include <string>
#include <string_view>

#include "simulators/camera/onvif/onvif_device.hpp"

namespace watchrig::camera {

/// What each source has, for OnvifDevice::token().
inline constexpr std::string_view video_source = "video", video_source_configuration = "video-source",
                                  audio_source = "audio", audio_source_configuration = "audio-source";
/// Tokens of what belongs to a stream: "main-encoder".
std::string encoder_token(const OnvifStream& stream);
std::string audio_encoder_token(const OnvifStream& stream);
/// The stream of an encoder token; null for others.
const OnvifStream* stream_of_encoder(const OnvifDevice& device, std::string_view token);
const OnvifStream* stream_of_audio_encoder(const OnvifDevice& device, std::string_view token);

/// The fault of a profile without the encoder of a picture: nothing is sent of it.
OnvifOutcome incomplete_profile(const MediaProfile& profile);
/// The fault of a token that no configuration has.
OnvifOutcome no_configuration(std::string_view token);

/// Whether version 1 of the media service can tell of the codec: it knows JPEG, MPEG-4 and H.264 only.
bool in_version1(const OnvifStream& stream);
bool has_audio(const OnvifDevice& device);
/// How many of each it has, as both the device and the DeviceIO service tell.
struct DeviceConnectors {
  unsigned video_sources, audio_sources, audio_outputs, relays, inputs;
};
DeviceConnectors connectors_of(const OnvifDevice& device);

/// Appends name, use count and the rest of a tt:VideoSourceConfiguration; the same in both versions.
void fill_video_source_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source);
void fill_audio_source_configuration(pugi::xml_node node, const OnvifDevice& device, unsigned source);
/// Appends one element of that name for each source.
void add_video_source_configurations(pugi::xml_node parent, const char* name, const OnvifDevice& device);
void add_audio_source_configurations(pugi::xml_node parent, const char* name, const OnvifDevice& device);
/// tt:VideoEncoderConfiguration (version 1) and tt:VideoEncoder2Configuration.
void fill_video_encoder1(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream);
void fill_video_encoder2(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream);
void fill_audio_encoder1(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream);
void fill_audio_encoder2(pugi::xml_node node, const OnvifDevice& device, const OnvifStream& stream);

/// tt:AudioOutputConfiguration and tt:AudioDecoderConfiguration of the one output; the same in both versions.
void fill_audio_output_configuration(pugi::xml_node node, const OnvifDevice& device);
void fill_audio_decoder_configuration(pugi::xml_node node, const OnvifDevice& device);
inline constexpr const char *audio_output = "loudspeaker", *audio_output_configuration = "audio-output",
                            *audio_decoder_configuration = "audio-decoder";

/// rtsp://host:port/path, or rtsps:// for somebody who asks by HTTPS for a stream that shares one connection
/// with RTSP; ONVIF has no other name for RTSP over TLS (RtspsUnicast is SRTP by UDP).
std::string rtsp_uri(const OnvifDevice& device, const OnvifCall& call, bool interleaved,
                     std::string_view path);
/// Of RTSP through HTTP, at the port by which the caller has come: http://host:port/main, or https://.
std::string tunnel_uri(const OnvifCall& call, std::string_view path);
/// http://host:port/onvif/snapshot/main
std::string snapshot_uri(const OnvifCall& call, const OnvifStream& stream);
inline constexpr std::string_view snapshot_path = "/onvif/snapshot/";

}  // namespace watchrig::camera
