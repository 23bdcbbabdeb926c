#include "system/api/onvif_face/face_media.hpp"

#include <fmt/format.h>

#include "system/api/onvif_face/onvif_face.hpp"

namespace watchrig::api {

using protocols::SoapCall;
using protocols::SoapFault;

FaceAnswer<FaceProfile> asked_profile(const ServerParts& parts, const SoapCall& call) {
  const auto token = protocols::text_at(call.request, "ProfileToken");
  auto found = find_face_profile(parts, token);
  if (!found) return protocols::no_profile(protocols::one_line(token));
  return *std::move(found);
}

FaceAnswer<std::string> asked_stream_uri(const ServerParts& parts, const SoapCall& call, bool by_udp) {
  const auto profile = asked_profile(parts, call);
  if (!profile) return profile.error();
  const bool tls = parts.central.settings().flag("rtsps", "required");
  if (tls && by_udp) {
    return protocols::refuse({"ter:InvalidArgVal", "ter:InvalidStreamSetup"},
                             "streams leave by TLS only, and UDP is in the clear: ask for RTSP");
  }
  const auto port = tls ? parts.ports.rtsps.load() : parts.ports.rtsp.load();
  if (port == 0) {
    return SoapFault{SoapFault::Blame::receiver,
                     {"ter:Action"},
                     tls ? "streams leave by TLS only, which has no certificate: choose one for HTTPS"
                         : "the port for streams is closed for now: ask again later"};
  }
  return fmt::format("{}://{}:{}/live/{}{}", tls ? "rtsps" : "rtsp",
                     call.authority.substr(0, call.authority.rfind(':')), port, profile->channel,
                     profile->is_main() ? "" : "/sub");
}

FaceAnswer<std::string> asked_snapshot_uri(const ServerParts& parts, const SoapCall& call) {
  const auto profile = asked_profile(parts, call);
  if (!profile) return profile.error();
  return address_of(call, onvif_snapshot_path) + profile->token;
}

void add_for_channels(const ServerParts& parts, const SoapCall& call, const char* element,
                      void (*fill)(pugi::xml_node, const FaceProfile&)) {
  for (const auto& profile : face_profiles(parts)) {
    if (profile.is_main()) fill(protocols::add(call.answer, element), profile);
  }
}

}  // namespace watchrig::api
