#pragma once

#include "system/api/server_parts.hpp"
#include "system/http/http_message.hpp"

namespace watchrig::api {

/// The next key picture of a stream as a JPEG file, with the time that it is of in the header X-Picture-Time
/// (UTC); 503 where none comes, or there is too much to do. A stream that runs on demand is started for it.
/// `lane` is whose turn it is on the workers.
boost::asio::awaitable<http::Response> key_picture(ServerParts& parts, std::shared_ptr<media::StreamHub> hub,
                                                   std::string lane);

inline constexpr const char* picture_time = "X-Picture-Time";

}  // namespace watchrig::api
