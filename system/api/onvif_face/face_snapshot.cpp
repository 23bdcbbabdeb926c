#include "system/api/onvif_face/face_snapshot.hpp"

#include "system/api/key_picture.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using http::Response;

asio::awaitable<Response> face_snapshot(ServerParts& parts, std::string profile, std::string lane) {
  const auto found = find_face_profile(parts, profile);
  auto hub = found ? parts.streams.find_stream(found->channel, found->stream) : nullptr;
  if (!hub)
    co_return http::error_response(404, "not_found", {}, "there is no such profile, or it is not connected");
  auto picture = co_await key_picture(parts, std::move(hub), std::move(lane));
  co_return picture;
}

}  // namespace watchrig::api
