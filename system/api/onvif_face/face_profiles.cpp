#include "system/api/onvif_face/face_profiles.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::api {

using protocols::add;

namespace {

std::vector<FaceProfile> profiles_of(const central::ChannelOfDevice& found) {
  const auto& channel = *found.channel;
  const auto addresses = streams_of(*found.device, channel);
  std::vector<std::string_view> streams;
  for (const auto name : media::stream_names) {
    if (addresses.contains(std::string(name))) streams.push_back(name);
  }
  std::vector<FaceProfile> profiles;
  for (const auto stream : streams) {
    FaceProfile profile{fmt::format("{}-{}", channel.id, stream), channel.id, channel.name,
                        std::string(stream), streams.size()};
    profile.has_head = found.device->heads > 0;
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

FaceVideo video_of(const platform::ChannelReport& report, std::string_view stream) {
  const auto found = std::ranges::find(report.streams, stream, &platform::StreamReport::name);
  if (found == report.streams.end()) return {};
  return {found->codec.value_or(""), found->width.value_or(0), found->height.value_or(0), found->fps};
}

}  // namespace

std::string FaceProfile::title() const { return protocols::entity_name(name, " " + stream); }

std::vector<FaceProfile> face_profiles(const ServerParts& parts) {
  central::ChannelQuery query;
  query.limit = most_listed_channels;
  std::vector<FaceProfile> all;
  for (const auto& found : parts.central.registry().list(query).items)
    std::ranges::move(profiles_of(found), std::back_inserter(all));
  return all;
}

std::optional<FaceProfile> find_face_profile(const ServerParts& parts, const std::string& token) {
  const auto dash = token.rfind('-');
  const auto found = parts.central.registry().find_channel(token.substr(0, dash));
  if (dash == std::string::npos || !found) return std::nullopt;
  for (auto& profile : profiles_of(*found)) {
    if (profile.token == token) return std::move(profile);
  }
  return std::nullopt;
}

std::optional<FaceProfile> main_face_profile(const ServerParts& parts, const std::string& channel) {
  return find_face_profile(parts, fmt::format("{}-{}", channel, media::main_stream));
}

boost::asio::awaitable<base::Result<std::vector<FaceProfile>>> with_video(ServerParts& parts,
                                                                          std::vector<FaceProfile> profiles,
                                                                          std::string request) {
  std::vector<std::string> channels;
  for (const auto& profile : profiles) channels.push_back(profile.channel);
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  const auto reports = co_await parts.storage_queries.channels(std::move(channels), std::move(request));
  if (!reports) co_return reports.error();
  for (auto& profile : profiles) {
    const auto report = std::ranges::find(*reports, profile.channel, &platform::ChannelReport::channel);
    if (report == reports->end()) continue;
    profile.video = video_of(*report, profile.stream);
    profile.source = video_of(*report, media::main_stream);
  }
  co_return profiles;
}

void fill_face_source(pugi::xml_node node, const FaceProfile& profile) {
  node.append_attribute("token") = profile.channel.c_str();
  add(node, "tt:Framerate", fmt::format("{:.3g}", profile.source.fps));
  protocols::add_resolution(node, profile.source.width, profile.source.height);
}

void fill_face_source_configuration(pugi::xml_node node, const FaceProfile& profile) {
  protocols::begin_entity(node, profile.channel, profile.name, profile.streams);
  add(node, "tt:SourceToken", profile.channel);
  protocols::add_bounds(node, profile.source.width, profile.source.height);
}

bool has_face_encoder(const FaceProfile& profile) {
  return profile.video.codec == "H.264" || profile.video.codec == "MJPEG";
}

void fill_face_encoder(pugi::xml_node node, const FaceProfile& profile) {
  protocols::begin_entity(node, profile.token, profile.title(), 1);
  add(node, "tt:Encoding", profile.video.codec == "MJPEG" ? "JPEG" : "H264");
  protocols::add_resolution(node, profile.video.width, profile.video.height);
  add(node, "tt:Quality", "0");
  protocols::add_no_multicast(node);
  add(node, "tt:SessionTimeout", "PT60S");
}

void fill_face_encoder2(pugi::xml_node node, const FaceProfile& profile) {
  const auto& codec = profile.video.codec;
  protocols::begin_entity(node, profile.token, profile.title(), 1);
  add(node, "tt:Encoding", codec == "H.265" ? "H265" : codec == "MJPEG" ? "JPEG" : "H264");
  protocols::add_resolution(node, profile.video.width, profile.video.height);
  add(node, "tt:Quality", "0");
}

}  // namespace watchrig::api
