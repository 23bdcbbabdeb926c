// Replay of what is on the card (ONVIF Replay Control 5).
#include <fmt/format.h>

#include "simulators/camera/camera_content.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"
#include "simulators/camera/onvif/recording_description.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::text_at;

OnvifOutcome service_capabilities(OnvifCall& call) {
  auto all = add(call.answer, "trp:Capabilities");
  all.append_attribute("ReversePlayback") = "true";
  all.append_attribute("SessionTimeoutRange") = "60 60";
  all.append_attribute("RTP_RTSP_TCP") = "true";
  return {};
}

OnvifOutcome replay_uri(const OnvifDevice& device, OnvifCall& call) {
  const auto token = text_at(call.request, "RecordingToken");
  if (auto refused = check_recording(device, token)) return refused;
  if (text_at(call.request, "StreamSetup/Stream") != "RTP-Unicast")
    return refuse({"ter:InvalidArgVal", "ter:InvalidStreamSetup"}, "recordings are sent as RTP-Unicast only");
  const auto transport = text_at(call.request, "StreamSetup/Transport/Protocol");
  const auto path = fmt::format("{}{}", replay_path, recording_of(device, token)->profile);
  add(call.answer, "trp:Uri",
      transport == "HTTP" ? tunnel_uri(call, path) : rtsp_uri(device, call, transport != "UDP", path));
  return {};
}

OnvifOutcome configuration(OnvifCall& call) {
  add(add(call.answer, "trp:Configuration"), "tt:SessionTimeout", "PT60S");
  return {};
}

OnvifOutcome set_configuration(OnvifCall& call) {
  if (text_at(call.request, "Configuration/SessionTimeout") == "PT60S") return {};
  return refuse({"ter:InvalidArgVal", "ter:ConfigModify"},
                "a session ends after 60 s without a sign of life");
}

}  // namespace

OnvifService replay_service(OnvifDevice& d) {
  OnvifService service{"trp", "/onvif/replay_service", 22, 6, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities},
      {"GetReplayUri", AccessClass::read_media, [&d](OnvifCall& c) { return replay_uri(d, c); }},
      {"GetReplayConfiguration", AccessClass::read_system, configuration},
      {"SetReplayConfiguration", AccessClass::actuate, set_configuration},
  };
  return service;
}

}  // namespace watchrig::camera
