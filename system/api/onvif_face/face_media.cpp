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
                     profile->is_main() ? "" : "/" + profile->stream);
}

FaceAnswer<std::string> asked_snapshot_uri(const ServerParts& parts, const SoapCall& call) {
  const auto profile = asked_profile(parts, call);
  if (!profile) return profile.error();
  return address_of(call, onvif_snapshot_path) + profile->token;
}

protocols::SoapOperation waiting(ServerParts& parts, std::string_view name, FaceOperation work) {
  protocols::SoapOperation operation{name, protocols::AccessClass::read_media, {}};
  operation.serve = [&parts, work](SoapCall& call) { return work(parts, call); };
  return operation;
}

boost::asio::awaitable<protocols::SoapOutcome> for_each_face(ServerParts& parts, const SoapCall& call,
                                                             std::vector<FaceProfile> profiles,
                                                             FaceWork work) {
  const auto known = co_await with_video(parts, std::move(profiles), call.correlation);
  if (!known) co_return SoapFault{SoapFault::Blame::receiver, {"ter:Action"}, known.error().message};
  for (const auto& profile : *known) work(profile);
  co_return protocols::SoapOutcome();
}

std::vector<FaceProfile> main_face_profiles(const ServerParts& parts) {
  auto all = face_profiles(parts);
  std::erase_if(all, [](const FaceProfile& one) { return !one.is_main(); });
  return all;
}

}  // namespace watchrig::api
