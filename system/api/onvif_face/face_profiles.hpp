#pragma once

#include <optional>
#include <string>
#include <vector>

#include <pugixml.hpp>

#include "system/api/server_parts.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::api {

/// What storage knows of a stream.
struct FaceVideo {
  std::string codec;  ///< "H.264", "H.265" or "MJPEG"; empty until it was connected for the first time
  std::int64_t width = 0, height = 0;
  double fps = 0;  ///< 0: nothing comes
};

/// One stream of a channel, as a media profile tells of it.
struct FaceProfile {
  std::string token;        ///< "c7-main"
  std::string channel;      ///< "c7", the token of its video source too
  std::string name;         ///< of the channel
  std::string stream;       ///< one of media::stream_names
  std::size_t streams = 1;  ///< that the channel has
  bool has_head = false;    ///< a head was entered for its device
  FaceVideo video = {};     ///< filled by with_video() alone, as is the next one
  FaceVideo source = {};    ///< of the channel's main stream

  bool is_main() const { return stream == media::main_stream; }
  /// For people, as tt:Name: "Gate main".
  std::string title() const;
};

/// Channels beyond are reached by their tokens, but are not listed: ONVIF knows no pages.
inline constexpr std::size_t most_listed_channels = 512;
std::vector<FaceProfile> face_profiles(const ServerParts& parts);
/// Nothing when there is no such channel, or it has no such stream.
std::optional<FaceProfile> find_face_profile(const ServerParts& parts, const std::string& token);
/// The main stream of a channel; nothing when there is no such channel.
std::optional<FaceProfile> main_face_profile(const ServerParts& parts, const std::string& channel);

/// The same, with what storage knows of their streams, asked for that request. Errors: those of storage.
boost::asio::awaitable<base::Result<std::vector<FaceProfile>>> with_video(ServerParts& parts,
                                                                          std::vector<FaceProfile> profiles,
                                                                          std::string request);

/// tt:VideoSource and tt:VideoSourceConfiguration of its channel.
void fill_face_source(pugi::xml_node node, const FaceProfile& profile);
void fill_face_source_configuration(pugi::xml_node node, const FaceProfile& profile);
/// Whether version 1 of the media service can tell how the stream is coded: it has no H.265.
bool has_face_encoder(const FaceProfile& profile);
/// tt:VideoEncoderConfiguration of such a stream. What nobody knows of it (bit rate, distance of key
/// pictures) is left out where the schema allows.
void fill_face_encoder(pugi::xml_node node, const FaceProfile& profile);
/// tt:VideoEncoder2Configuration of a stream that was connected before.
void fill_face_encoder2(pugi::xml_node node, const FaceProfile& profile);
/// tt:PTZConfiguration of a channel with a head, by the channel's token.
void fill_face_ptz(pugi::xml_node node, const FaceProfile& profile);

}  // namespace watchrig::api
