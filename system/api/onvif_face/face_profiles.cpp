#include "system/api/onvif_face/face_profiles.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::api {

using media::Codec;
using protocols::add;

namespace {

constexpr std::string_view main_stream = "main", sub_stream = "sub";

void set_token(pugi::xml_node node, const std::string& token) {
  node.append_attribute("token") = token.c_str();
}

void name_entity(pugi::xml_node node, const std::string& token, const std::string& name, std::size_t uses) {
  set_token(node, token);
  add(node, "tt:Name", name);
  add(node, "tt:UseCount", std::to_string(uses));
}

void add_resolution(pugi::xml_node node, const FaceProfile& profile) {
  auto resolution = add(node, "tt:Resolution");
  add(resolution, "tt:Width", std::to_string(profile.video ? profile.video->width : 0));
  add(resolution, "tt:Height", std::to_string(profile.video ? profile.video->height : 0));
}

/// The server sends to one receiver at a time; the schema asks for the element.
void add_multicast(pugi::xml_node node) {
  auto multicast = add(node, "tt:Multicast");
  auto address = add(multicast, "tt:Address");
  add(address, "tt:Type", "IPv4");
  add(address, "tt:IPv4Address", "0.0.0.0");
  add(multicast, "tt:Port", "0");
  add(multicast, "tt:TTL", "0");
  add(multicast, "tt:AutoStart", "false");
}

std::vector<FaceProfile> profiles_of(const ServerParts& parts, const central::ChannelOfDevice& found) {
  const auto& channel = *found.channel;
  const auto relayed = parts.channels.find(channel.id);
  std::vector<std::string_view> streams{main_stream};
  const bool has_sub = relayed ? relayed->hub(std::string(sub_stream)) != nullptr
                               : streams_of(*found.device, channel).contains(std::string(sub_stream));
  if (has_sub) streams.push_back(sub_stream);
  std::vector<FaceProfile> profiles;
  for (const auto stream : streams) {
    FaceProfile profile{fmt::format("{}-{}", channel.id, stream), channel.id, channel.name,
                        std::string(stream), streams.size()};
    profile.has_head = found.device->heads > 0;
    if (const auto hub = relayed ? relayed->hub(profile.stream) : nullptr) {
      for (const auto& track : hub->tracks()) {
        if (media::is_video(track.codec) && !profile.video) profile.video = track;
      }
      profile.fps = hub->totals().frames_per_second;
    }
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

}  // namespace

std::vector<FaceProfile> face_profiles(const ServerParts& parts) {
  central::ChannelQuery query;
  query.limit = most_listed_channels;
  std::vector<FaceProfile> all;
  for (const auto& found : parts.central.registry().list(query).items)
    std::ranges::move(profiles_of(parts, found), std::back_inserter(all));
  return all;
}

std::optional<FaceProfile> find_face_profile(const ServerParts& parts, const std::string& token) {
  const auto dash = token.rfind('-');
  const auto found = parts.central.registry().find_channel(token.substr(0, dash));
  if (dash == std::string::npos || !found) return std::nullopt;
  for (auto& profile : profiles_of(parts, *found)) {
    if (profile.token == token) return std::move(profile);
  }
  return std::nullopt;
}

std::optional<FaceProfile> main_face_profile(const ServerParts& parts, const std::string& channel) {
  return find_face_profile(parts, fmt::format("{}-{}", channel, main_stream));
}

std::string face_stream_uri(const ServerParts& parts, const FaceProfile& profile, const std::string& host) {
  return fmt::format("rtsp://{}:{}/live/{}{}", host, parts.ports.rtsp.load(), profile.channel,
                     profile.stream == main_stream ? "" : "/sub");
}

void fill_face_source(pugi::xml_node node, const FaceProfile& main) {
  set_token(node, main.channel);
  add(node, "tt:Framerate", fmt::format("{:.3g}", main.fps));
  add_resolution(node, main);
}

void fill_face_source_configuration(pugi::xml_node node, const FaceProfile& main) {
  name_entity(node, main.channel, main.name, main.streams);
  add(node, "tt:SourceToken", main.channel);
  auto bounds = add(node, "tt:Bounds");
  bounds.append_attribute("x") = 0;
  bounds.append_attribute("y") = 0;
  bounds.append_attribute("width") = main.video ? main.video->width : 0;
  bounds.append_attribute("height") = main.video ? main.video->height : 0;
}

bool has_face_encoder(const FaceProfile& profile) {
  return profile.video && (profile.video->codec == Codec::h264 || profile.video->codec == Codec::mjpeg);
}

void fill_face_encoder(pugi::xml_node node, const FaceProfile& profile) {
  name_entity(node, profile.token, fmt::format("{} {}", profile.name, profile.stream), 1);
  add(node, "tt:Encoding", profile.video->codec == Codec::mjpeg ? "JPEG" : "H264");
  add_resolution(node, profile);
  add(node, "tt:Quality", "0");
  add_multicast(node);
  add(node, "tt:SessionTimeout", "PT60S");
}

}  // namespace watchrig::api
