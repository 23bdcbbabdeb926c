// One picture of a channel (H.626.4, 6.1.12).
#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/api/key_picture.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/devices/onvif/onvif_snapshot.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::ErrorKind;
using http::Request;
using http::Response;

namespace {

constexpr std::string_view main_stream = "main";
constexpr const char* picture_source = "X-Picture-Source";

asio::awaitable<base::Result<Response>> of_device(ServerParts& parts, StreamContact contact) {
  auto picture = co_await devices::take_snapshot(parts.clock, std::move(contact.device), contact.choice);
  if (!picture) co_return picture.error();
  Response response{200, "image/jpeg", *std::move(picture), {}, {}};
  response.headers.emplace_back(picture_time, base::format_utc(parts.clock.now(), 3));
  response.headers.emplace_back(picture_source, "device");
  co_return response;
}

asio::awaitable<Response> of_stream(ServerParts& parts, const central::Channel& channel, std::string stream,
                                    std::string lane) {
  auto hub = parts.streams.find_stream(channel.id, stream);
  if (!hub) {
    co_return http::error_response(
        {ErrorKind::unavailable,
         fmt::format("channel \"{}\": an operator has disconnected the device; connect it", channel.name)});
  }
  // Others than the main stream run only where somebody asks for them.
  const auto state = parts.central.channel_states().of(channel.id);
  if (stream == main_stream && state.state == "offline" && !state.cause.empty()) {
    co_return http::error_response(
        {ErrorKind::unavailable, fmt::format("channel \"{}\": {}", channel.name, state.cause)});
  }
  auto response = co_await key_picture(parts, std::move(hub), std::move(lane));
  response.headers.emplace_back(picture_source, "stream");
  co_return response;
}

/// The device's own, where it makes some; a device that is only read has none.
asio::awaitable<Response> take(ServerParts& parts, Request request) {
  const auto stream = request.query_value("stream").value_or("main");
  const auto source = request.query_value("source").value_or("");
  if (!source.empty() && source != "device" && source != "stream")
    co_return http::error_response(400, "invalid", "source", "must be device or stream");
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) co_return http::error_response(found.error());
  if (!streams_of(*found->device, *found->channel).contains(stream)) {
    co_return http::error_response(
        404, "not_found", "stream",
        fmt::format("channel \"{}\" has no stream \"{}\"", found->channel->name, stream));
  }
  const bool asks_device = source == "device" || (source.empty() && speaks_onvif(*found->device));
  if (asks_device) {
    auto contact =
        stream_contact(parts.central, *found->device, *found->channel, stream, trace_name(request));
    if (!contact) co_return http::error_response(contact.error());
    auto picture = co_await of_device(parts, *std::move(contact));
    if (picture) co_return *std::move(picture);
    // What the device names may not be reachable, although its stream is; a wrong password is wrong for both.
    if (!source.empty() || picture.error().kind == ErrorKind::denied)
      co_return http::error_response(device_failure(picture.error()));
  }
  auto picture = co_await of_stream(parts, *found->channel, stream, request.account);
  co_return picture;
}

}  // namespace

void add_snapshot_routes(http::Router& router, ServerParts& parts) {
  router
      .add("GET", "/api/v1/channels/{channel}/snapshot", {"live"},
           "A picture of the channel as JPEG: the device's own, or the next key picture of the stream where "
           "it "
           "makes none",
           [&parts](Request request) { return take(parts, std::move(request)); })
      .query = {{"stream", "main without it"}, {"source", "device or stream; no other is taken then"}};
}

}  // namespace watchrig::api
