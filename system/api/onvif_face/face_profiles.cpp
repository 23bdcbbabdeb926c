#include "system/api/onvif_face/face_profiles.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::api {

using media::Codec;
using protocols::add;

namespace {

constexpr std::string_view main_stream = "main", sub_stream = "sub";

int width_of(const FaceProfile& profile) { return profile.video ? profile.video->width : 0; }
int height_of(const FaceProfile& profile) { return profile.video ? profile.video->height : 0; }

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

std::string FaceProfile::title() const { return protocols::entity_name(name, " " + stream); }

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

void fill_face_source(pugi::xml_node node, const FaceProfile& main) {
  node.append_attribute("token") = main.channel.c_str();
  add(node, "tt:Framerate", fmt::format("{:.3g}", main.fps));
  protocols::add_resolution(node, width_of(main), height_of(main));
}

void fill_face_source_configuration(pugi::xml_node node, const FaceProfile& main) {
  protocols::begin_entity(node, main.channel, main.name, main.streams);
  add(node, "tt:SourceToken", main.channel);
  protocols::add_bounds(node, width_of(main), height_of(main));
}

bool has_face_encoder(const FaceProfile& profile) {
  return profile.video && (profile.video->codec == Codec::h264 || profile.video->codec == Codec::mjpeg);
}

void fill_face_encoder(pugi::xml_node node, const FaceProfile& profile) {
  protocols::begin_entity(node, profile.token, profile.title(), 1);
  add(node, "tt:Encoding", profile.video->codec == Codec::mjpeg ? "JPEG" : "H264");
  protocols::add_resolution(node, width_of(profile), height_of(profile));
  add(node, "tt:Quality", "0");
  protocols::add_no_multicast(node);
  add(node, "tt:SessionTimeout", "PT60S");
}

void fill_face_encoder2(pugi::xml_node node, const FaceProfile& profile) {
  const auto codec = profile.video->codec;
  protocols::begin_entity(node, profile.token, profile.title(), 1);
  add(node, "tt:Encoding", codec == Codec::h265 ? "H265" : codec == Codec::mjpeg ? "JPEG" : "H264");
  protocols::add_resolution(node, width_of(profile), height_of(profile));
  add(node, "tt:Quality", "0");
}

}  // namespace watchrig::api
