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

using Awaited = boost::asio::awaitable<SoapOutcome>;

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

void add_profile(pugi::xml_node parent, const char* name, const FaceProfile& profile) {
  auto node = add(parent, name);
  node.append_attribute("token") = profile.token.c_str();
  node.append_attribute("fixed") = "true";
  add(node, "tt:Name", profile.title());
  fill_face_source_configuration(add(node, "tt:VideoSourceConfiguration"), profile);
  if (has_face_encoder(profile)) fill_face_encoder(add(node, "tt:VideoEncoderConfiguration"), profile);
  if (profile.has_head) fill_face_ptz(add(node, "tt:PTZConfiguration"), profile);
}

Awaited profiles(ServerParts& parts, SoapCall& call) {
  FaceWork work = [&call](const FaceProfile& profile) { add_profile(call.answer, "trt:Profiles", profile); };
  return for_each_face(parts, call, face_profiles(parts), std::move(work));
}

Awaited profile(ServerParts& parts, SoapCall& call) {
  const auto found = asked_profile(parts, call);
  if (!found) co_return found.error();
  FaceWork work = [&call](const FaceProfile& one) { add_profile(call.answer, "trt:Profile", one); };
  std::vector<FaceProfile> asked{*found};
  auto outcome = co_await for_each_face(parts, call, std::move(asked), std::move(work));
  co_return outcome;
}

Awaited sources(ServerParts& parts, SoapCall& call) {
  FaceWork work = [&call](const FaceProfile& main) {
    fill_face_source(add(call.answer, "trt:VideoSources"), main);
  };
  return for_each_face(parts, call, main_face_profiles(parts), std::move(work));
}

Awaited source_configurations(ServerParts& parts, SoapCall& call) {
  FaceWork work = [&call](const FaceProfile& main) {
    fill_face_source_configuration(add(call.answer, "trt:Configurations"), main);
  };
  return for_each_face(parts, call, main_face_profiles(parts), std::move(work));
}

SoapOutcome no_configuration(const std::string& token) {
  return refuse({"ter:InvalidArgVal", "ter:NoConfig"},
                fmt::format("there is no configuration \"{}\"", protocols::one_line(token)));
}

Awaited source_configuration(ServerParts& parts, SoapCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto found = main_face_profile(parts, token);
  if (!found) co_return no_configuration(token);
  FaceWork work = [&call](const FaceProfile& main) {
    fill_face_source_configuration(add(call.answer, "trt:Configuration"), main);
  };
  std::vector<FaceProfile> asked{*found};
  auto outcome = co_await for_each_face(parts, call, std::move(asked), std::move(work));
  co_return outcome;
}

void add_encoder(SoapCall& call, const char* name, const FaceProfile& profile) {
  if (has_face_encoder(profile)) fill_face_encoder(add(call.answer, name), profile);
}

Awaited encoders(ServerParts& parts, SoapCall& call) {
  FaceWork work = [&call](const FaceProfile& profile) { add_encoder(call, "trt:Configurations", profile); };
  return for_each_face(parts, call, face_profiles(parts), std::move(work));
}

Awaited encoder(ServerParts& parts, SoapCall& call) {
  const auto token = text_at(call.request, "ConfigurationToken");
  const auto found = find_face_profile(parts, token);
  if (!found) co_return no_configuration(token);
  FaceWork work = [&call](const FaceProfile& profile) { add_encoder(call, "trt:Configuration", profile); };
  std::vector<FaceProfile> asked{*found};
  auto outcome = co_await for_each_face(parts, call, std::move(asked), std::move(work));
  if (!outcome && !call.answer.first_child()) outcome = no_configuration(token);
  co_return outcome;
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
      waiting(p, "GetProfiles", profiles),
      waiting(p, "GetProfile", profile),
      waiting(p, "GetVideoSources", sources),
      waiting(p, "GetVideoSourceConfigurations", source_configurations),
      waiting(p, "GetVideoSourceConfiguration", source_configuration),
      waiting(p, "GetVideoEncoderConfigurations", encoders),
      waiting(p, "GetVideoEncoderConfiguration", encoder),
      {"GetStreamUri", read, [&p](SoapCall& c) { return stream_address(p, c); }},
      {"GetSnapshotUri", read, [&p](SoapCall& c) { return snapshot_address(p, c); }},
  };
  return service;
}

}  // namespace watchrig::api
