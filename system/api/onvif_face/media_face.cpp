// The channels as media profiles (ONVIF Media, version 1): a profile for each stream, and where it is read.
#include <fmt/format.h>

#include "system/api/onvif_face/face_media.hpp"
#include "system/api/onvif_face/onvif_face.hpp"
#include "system/protocols/onvif/answer_parts.hpp"

namespace watchrig::api {

using protocols::AccessClass;
using protocols::add;
using protocols::refuse;
using protocols::SoapCall;
using protocols::SoapOutcome;
using protocols::text_at;

namespace {

SoapOutcome service_capabilities(SoapCall& call) {
  auto all = add(call.answer, "trt:Capabilities");
  all.append_attribute("SnapshotUri") = "true";
  all.append_attribute("OSD") = "false";
  add(all, "trt:ProfileCapabilities").append_attribute("MaximumNumberOfProfiles") =
      static_cast<unsigned>(2 * most_listed_channels);
  auto streaming = add(all, "trt:StreamingCapabilities");
  streaming.append_attribute("RTPMulticast") = "false";
  streaming.append_attribute("RTP_TCP") = "false";
  streaming.append_attribute("RTP_RTSP_TCP") = "true";
  return {};
}

void add_profile(pugi::xml_node parent, const char* name, const ServerParts& parts,
                 const FaceProfile& profile) {
  auto node = add(parent, name);
  node.append_attribute("token") = profile.token.c_str();
  node.append_attribute("fixed") = "true";
  add(node, "tt:Name", profile.title());
  const auto main = main_face_profile(parts, profile.channel);
  fill_face_source_configuration(add(node, "tt:VideoSourceConfiguration"), main ? *main : profile);
  if (has_face_encoder(profile)) fill_face_encoder(add(node, "tt:VideoEncoderConfiguration"), profile);
  if (profile.has_head) fill_face_ptz(add(node, "tt:PTZConfiguration"), profile);
}

SoapOutcome profiles(const ServerParts& parts, SoapCall& call) {
  for (const auto& profile : face_profiles(parts)) add_profile(call.answer, "trt:Profiles", parts, profile);
  return {};
}

SoapOutcome profile(const ServerParts& parts, SoapCall& call) {
  const auto found = asked_profile(parts, call);
  if (!found) return found.error();
  add_profile(call.answer, "trt:Profile", parts, *found);
  return {};
}

SoapOutcome sources(const ServerParts& parts, SoapCall& call) {
  add_for_channels(parts, call, "trt:VideoSources", fill_face_source);
  return {};
}

SoapOutcome source_configurations(const ServerParts& parts, SoapCall& call) {
  add_for_channels(parts, call, "trt:Configurations", fill_face_source_configuration);
  return {};
}

SoapOutcome no_configuration(const std::string& token) {
  return refuse({"ter:InvalidArgVal", "ter:NoConfig"},
                fmt::format("there is no configuration \"{}\"", protocols::one_line(token)));
}

SoapOutcome source_configuration(const ServerParts& parts, SoapCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto found = main_face_profile(parts, token);
  if (!found) return no_configuration(token);
  fill_face_source_configuration(add(call.answer, "trt:Configuration"), *found);
  return {};
}

SoapOutcome encoders(const ServerParts& parts, SoapCall& call) {
  for (const auto& found : face_profiles(parts)) {
    if (has_face_encoder(found)) fill_face_encoder(add(call.answer, "trt:Configurations"), found);
  }
  return {};
}

SoapOutcome encoder(const ServerParts& parts, SoapCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto found = find_face_profile(parts, token);
  if (!found || !has_face_encoder(*found)) return no_configuration(token);
  fill_face_encoder(add(call.answer, "trt:Configuration"), *found);
  return {};
}

SoapOutcome stream_address(const ServerParts& parts, SoapCall& call) {
  const auto kind = text_at(call.request, "StreamSetup/Stream");
  const auto transport = text_at(call.request, "StreamSetup/Transport/Protocol");
  const bool known = transport == "UDP" || transport == "RTSP" || transport == "TCP";
  if (kind != "RTP-Unicast" || !known) {
    return refuse({"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
                  "streams go out as RTP-Unicast by UDP or RTSP, and by nothing else");
  }
  const auto uri = asked_stream_uri(parts, call, transport == "UDP");
  if (!uri) return uri.error();
  protocols::add_media_uri(call, *uri);
  return {};
}

SoapOutcome snapshot_address(const ServerParts& parts, SoapCall& call) {
  const auto uri = asked_snapshot_uri(parts, call);
  if (!uri) return uri.error();
  protocols::add_media_uri(call, *uri);
  return {};
}

}  // namespace

protocols::SoapService onvif_media_service(ServerParts& p) {
  constexpr auto read = AccessClass::read_media;
  protocols::SoapService service{"trt", onvif_media_path, 2, 60, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities},
      {"GetProfiles", read, [&p](SoapCall& c) { return profiles(p, c); }},
      {"GetProfile", read, [&p](SoapCall& c) { return profile(p, c); }},
      {"GetVideoSources", read, [&p](SoapCall& c) { return sources(p, c); }},
      {"GetVideoSourceConfigurations", read, [&p](SoapCall& c) { return source_configurations(p, c); }},
      {"GetVideoSourceConfiguration", read, [&p](SoapCall& c) { return source_configuration(p, c); }},
      {"GetVideoEncoderConfigurations", read, [&p](SoapCall& c) { return encoders(p, c); }},
      {"GetVideoEncoderConfiguration", read, [&p](SoapCall& c) { return encoder(p, c); }},
      {"GetStreamUri", read, [&p](SoapCall& c) { return stream_address(p, c); }},
      {"GetSnapshotUri", read, [&p](SoapCall& c) { return snapshot_address(p, c); }},
  };
  return service;
}

}  // namespace watchrig::api
