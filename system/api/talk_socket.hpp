#pragma once

#include <memory>

#include "system/api/channel_talk.hpp"
#include "system/http/websocket.hpp"

namespace watchrig::api {

/// Speech by WebSocket. The client's first message says how its samples are written (talk_format.hpp), each
/// later one is samples, an empty one ends the talk. It is told, as JSON, that it is `refused` and why, that
/// it is `talking` and from then on after each second that was said, and that the talk has `ended`. Nothing
/// is read while a message is being said, so that who sends faster than real time has to wait; therefore all
/// that a client has sent is said, although it may have closed meanwhile. DELETE breaks off.
boost::asio::awaitable<void> talk_by_socket(ServerParts& parts, std::shared_ptr<TalkDesk> desk,
                                            http::Request request, http::WebSocket socket);

/// What a talk that could not begin is refused with: `busy`, or what else is the matter. What a device says
/// of our password is not about the caller's.
base::Error talk_refusal(base::Error error);

}  // namespace watchrig::api
