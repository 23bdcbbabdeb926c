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

/// Of each channel that is listed an element of its main stream.
void add_for_channels(const ServerParts& parts, const protocols::SoapCall& call, const char* element,
                      void (*fill)(pugi::xml_node, const FaceProfile&));

}  // namespace watchrig::api
