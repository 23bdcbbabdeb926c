// The channels by version 2 of the media service (ONVIF Media2), which knows every codec.
#include <algorithm>

#include "system/api/onvif_face/face_media.hpp"
#include "system/api/onvif_face/onvif_face.hpp"

namespace watchrig::api {

using protocols::AccessClass;
using protocols::add;
using protocols::children;
using protocols::refuse;
using protocols::SoapCall;
using protocols::SoapOutcome;
using protocols::text_at;

namespace {

using Awaited = boost::asio::awaitable<SoapOutcome>;

SoapOutcome service_capabilities(SoapCall& call) {
  auto all = add(call.answer, "tr2:Capabilities");
  all.append_attribute("SnapshotUri") = "true";
  all.append_attribute("OSD") = "false";
  auto profile = add(all, "tr2:ProfileCapabilities");
  profile.append_attribute("MaximumNumberOfProfiles") = static_cast<unsigned>(2 * most_listed_channels);
  profile.append_attribute("ConfigurationsSupported") = "VideoSource VideoEncoder PTZ";
  auto streaming = add(all, "tr2:StreamingCapabilities");
  streaming.append_attribute("RTSPStreaming") = "true";
  streaming.append_attribute("RTPMulticast") = "false";
  streaming.append_attribute("RTP_RTSP_TCP") = "true";
  return {};
}

/// With the parts that the request names (Media2, GetProfiles): none unless it names types.
void add_profile(pugi::xml_node parent, const FaceProfile& profile, const std::vector<std::string>& types) {
  const auto wanted = [&](std::string_view type) {
    return std::ranges::any_of(types, [&](const auto& one) { return one == type || one == "All"; });
  };
  auto node = add(parent, "tr2:Profiles");
  node.append_attribute("token") = profile.token.c_str();
  node.append_attribute("fixed") = "true";
  add(node, "tr2:Name", profile.title());
  if (types.empty()) return;
  auto set = add(node, "tr2:Configurations");
  if (wanted("VideoSource")) fill_face_source_configuration(add(set, "tr2:VideoSource"), profile);
  if (wanted("VideoEncoder") && !profile.video.codec.empty())
    fill_face_encoder2(add(set, "tr2:VideoEncoder"), profile);
  if (wanted("PTZ") && profile.has_head) fill_face_ptz(add(set, "tr2:PTZ"), profile);
}

/// Those that are asked for: the one of a token, or all. Error: there is none of that token.
FaceAnswer<std::vector<FaceProfile>> asked(const ServerParts& parts, const std::string& token) {
  if (token.empty()) return face_profiles(parts);
  auto found = find_face_profile(parts, token);
  if (!found) return protocols::no_profile(protocols::one_line(token));
  return std::vector{*std::move(found)};
}

Awaited profiles(ServerParts& parts, SoapCall& call) {
  std::vector<std::string> types;
  for (const auto& type : children(call.request, "Type")) types.emplace_back(type.text().get());
  const auto found = asked(parts, text_at(call.request, "Token"));
  if (!found) co_return found.error();
  FaceWork work = [&](const FaceProfile& profile) { add_profile(call.answer, profile, types); };
  auto outcome = co_await for_each_face(parts, call, *found, std::move(work));
  co_return outcome;
}

Awaited source_configurations(ServerParts& parts, SoapCall& call) {
  FaceWork work = [&call](const FaceProfile& main) {
    fill_face_source_configuration(add(call.answer, "tr2:Configurations"), main);
  };
  return for_each_face(parts, call, main_face_profiles(parts), std::move(work));
}

/// A configuration is called like its profile.
Awaited encoders(ServerParts& parts, SoapCall& call) {
  const auto configuration = text_at(call.request, "ConfigurationToken");
  const auto found =
      asked(parts, configuration.empty() ? text_at(call.request, "ProfileToken") : configuration);
  if (!found) co_return found.error();
  FaceWork work = [&call](const FaceProfile& profile) {
    if (!profile.video.codec.empty()) fill_face_encoder2(add(call.answer, "tr2:Configurations"), profile);
  };
  auto outcome = co_await for_each_face(parts, call, *found, std::move(work));
  co_return outcome;
}

SoapOutcome stream_address(const ServerParts& parts, SoapCall& call) {
  const auto protocol = text_at(call.request, "Protocol");
  if (protocol != "RtspUnicast" && protocol != "RTSP") {
    return refuse({"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
                  "streams go out by RtspUnicast or RTSP, and by nothing else");
  }
  const auto uri = asked_stream_uri(parts, call, protocol == "RtspUnicast");
  if (!uri) return uri.error();
  add(call.answer, "tr2:Uri", *uri);
  return {};
}

SoapOutcome snapshot_address(const ServerParts& parts, SoapCall& call) {
  const auto uri = asked_snapshot_uri(parts, call);
  if (!uri) return uri.error();
  add(call.answer, "tr2:Uri", *uri);
  return {};
}

}  // namespace

protocols::SoapService onvif_media2_service(ServerParts& p) {
  constexpr auto read = AccessClass::read_media;
  protocols::SoapService service{"tr2", onvif_media2_path, 22, 12, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities},
      waiting(p, "GetProfiles", profiles),
      waiting(p, "GetVideoSourceConfigurations", source_configurations),
      waiting(p, "GetVideoEncoderConfigurations", encoders),
      {"GetStreamUri", read, [&p](SoapCall& c) { return stream_address(p, c); }},
      {"GetSnapshotUri", read, [&p](SoapCall& c) { return snapshot_address(p, c); }},
  };
  return service;
}

}  // namespace watchrig::api
