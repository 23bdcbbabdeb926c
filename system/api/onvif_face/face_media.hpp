#pragma once

#include "system/api/onvif_face/face_profiles.hpp"
#include "system/protocols/onvif/soap_service.hpp"

namespace watchrig::api {

// What both versions of the media service are asked for, and each answers in its own elements.

template <class T>
using FaceAnswer = boost::system::result<T, protocols::SoapFault>;

/// The one that the ProfileToken of a request names. Error: ter:NoProfile.
FaceAnswer<FaceProfile> asked_profile(const ServerParts& parts, const protocols::SoapCall& call);

/// "rtsp://host:port/live/c7/sub", by the host that the client has reached; rtsps where TLS is required.
/// Errors: ter:NoProfile; ter:InvalidStreamSetup, of packets by UDP where TLS is required, as they would go
/// in the clear; ter:Action, while the port is closed.
FaceAnswer<std::string> asked_stream_uri(const ServerParts& parts, const protocols::SoapCall& call,
                                         bool by_udp);
/// Errors: ter:NoProfile.
FaceAnswer<std::string> asked_snapshot_uri(const ServerParts& parts, const protocols::SoapCall& call);

/// An operation that asks storage.
using FaceOperation = boost::asio::awaitable<protocols::SoapOutcome> (*)(ServerParts&, protocols::SoapCall&);
protocols::SoapOperation waiting(ServerParts& parts, std::string_view name, FaceOperation work);

using FaceWork = std::function<void(const FaceProfile&)>;
/// Does the work for each of these profiles, with what storage knows of them. A fault where it is silent.
boost::asio::awaitable<protocols::SoapOutcome> for_each_face(ServerParts& parts,
                                                             const protocols::SoapCall& call,
                                                             std::vector<FaceProfile> profiles,
                                                             FaceWork work);
/// The main profiles of the channels that are listed.
std::vector<FaceProfile> main_face_profiles(const ServerParts& parts);

}  // namespace watchrig::api
