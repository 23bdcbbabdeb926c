#pragma once

#include "system/api/onvif_face/face_profiles.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// The next key picture of a stream as a JPEG file, or what is wrong: 404 (no such profile), 503 (no picture
/// comes, or there is too much to do). A stream that runs on demand is started for it. `lane` is whose turn
/// it is on the workers.
boost::asio::awaitable<http::Response> face_snapshot(ServerParts& parts, std::string profile,
                                                     std::string lane);

}  // namespace watchrig::api
