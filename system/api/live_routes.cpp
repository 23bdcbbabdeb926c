#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/client_notes.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/base/log.hpp"
#include "system/base/spawn.hpp"
#include "system/media/fmp4_muxer.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;

namespace {

constexpr std::size_t viewer_queue_bytes = std::size_t{8} << 20;

asio::awaitable<void> notice_end(http::WebSocket socket, std::shared_ptr<media::UnitReader> reader) {
  for (;;) {
    const auto message =
        co_await socket.receive();  // named: GCC 12 destroys a temporary in a loop's condition twice
    if (!message) break;
  }
  reader->queue.close();
}

std::string error_text(const std::string& message) {
  return json::serialize(json::object{{"error", json::object{{"message", message}}}});
}

std::string mime_text(const media::Fmp4Muxer& muxer) {
  return json::serialize(json::object{{"mime", muxer.mime()}});
}

asio::awaitable<bool> refuse(http::WebSocket socket, std::string message) {
  const std::string text = error_text(message);
  co_return co_await socket.send_text(text);
}

/// Sends until the viewer goes or the tracks change: then the viewer asks again, because its decoder begins
/// anew.
asio::awaitable<void> play(http::WebSocket socket, std::shared_ptr<media::StreamHub> hub,
                           std::shared_ptr<media::UnitReader> reader) {
  auto unit = co_await reader->queue.pop();
  if (!unit) co_return;
  auto muxer = media::Fmp4Muxer::open(hub->tracks(), (*unit)->payload);
  if (!muxer) {
    co_await refuse(socket, muxer.error().message);
    co_return;
  }
  const std::string hello = mime_text(*muxer);
  bool open = co_await socket.send_text(hello);
  if (open) open = co_await socket.send_binary(muxer->init_segment());
  while (open && unit) {
    const auto fragment = muxer->fragment(**unit);
    if (!fragment) {
      co_await refuse(socket, fragment.error().message);
      co_return;
    }
    if (!fragment->empty()) open = co_await socket.send_binary(*fragment);
    if (open) unit = co_await reader->queue.pop();
  }
}

/// Why nothing can be shown, for a person.
std::string no_stream(const ServerParts& parts, const platform::PlayRequest& wanted) {
  const auto found = parts.central.registry().find_channel(wanted.channel);
  if (!found) return found.error().message;
  const bool there = streams_of(*found->device, *found->channel).contains(wanted.stream);
  return fmt::format("channel \"{}\" {} stream \"{}\"{}", found->channel->name,
                     there ? "does not relay" : "has no", wanted.stream,
                     there ? " now: its device is disconnected" : "");
}

asio::awaitable<void> view(ServerParts& parts, Request request, http::WebSocket socket) {
  const platform::PlayRequest wanted{request.param("channel"),
                                     request.query_value("stream").value_or("main")};
  const auto asked = note_question(parts, request, platform::to_message("", "", wanted));
  const auto where = co_await parts.storage_queries.play(wanted, trace_name(request));
  parts.central.device_notes().answered(
      asked, where ? base::Result<boost::json::object>(boost::json::object{{"path", where->path}})
                   : base::Result<boost::json::object>(where.error()));
  if (!where && where.error().kind != base::ErrorKind::not_found) {
    co_await refuse(socket, where.error().message);
    co_return;
  }
  // The pictures themselves do not pass the bus.
  const auto hub = where ? parts.streams.find_stream(wanted.channel, wanted.stream) : nullptr;
  if (!hub) {
    const std::string missing = no_stream(parts, wanted);
    co_await refuse(socket, missing);
    co_return;
  }
  const auto reader = hub->read_units(socket.executor(), viewer_queue_bytes, base::Overflow::drop_to_restart);
  base::spawn(socket.executor(), notice_end(socket, reader), "live viewer");
  watch_session(parts, request, socket, central::Authority::live);
  co_await play(socket, hub, reader);
  reader->queue.close();
}

}  // namespace

void add_live_routes(http::Router& router, ServerParts& parts) {
  router
      .add_socket("/api/v1/channels/{channel}/live", {"live"},
                  "Live video as fragmented MP4 for Media Source Extensions",
                  [&parts](Request request, http::WebSocket socket) {
                    return view(parts, std::move(request), std::move(socket));
                  })
      .query = {{"stream", "main, sub or sub2; main without it"}};
}

}  // namespace watchrig::api
