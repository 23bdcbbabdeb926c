#include <atomic>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/storage/recording_export.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

Response list_spans(ServerParts& parts, const Request& request) {
  const auto period = period_of(request, true);
  if (!period) return error_response(period.error());
  const auto spans = parts.storage.spans(
      request.param("channel"), request.query_value("stream").value_or("main"), period->from, period->to);
  if (!spans) return http::error_response(spans.error());
  json::array list;
  for (const auto& span : *spans) {
    list.push_back({{"from", base::format_utc(span.from, 9)},
                    {"to", base::format_utc(span.to, 9)},
                    {"frames", span.frames},
                    {"bytes", span.bytes}});
  }
  return http::json_response(200, json::object{{"spans", std::move(list)}});
}

Response export_recording(ServerParts& parts, const Request& request, central::TaskList::Entry& task) {
  const auto period = period_of(request, false);
  if (!period) return error_response(period.error());
  static std::atomic<std::uint64_t> number{0};
  const auto file =
      std::make_shared<http::TemporaryFile>(parts.scratch / fmt::format("export-{}.mp4", ++number));
  const auto done = storage::export_mp4(
      parts.storage, request.param("channel"), request.query_value("stream").value_or("main"), period->from,
      period->to, file->path, [&](base::UtcTime reached) {
        task.advance(std::chrono::duration<double>(reached - period->from) / (period->to - period->from));
      });
  if (!done) return http::error_response(done.error());
  Response response;
  response.content_type = "video/mp4";
  response.file = file;
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"{}.mp4\"", request.param("channel")));
  response.wanted = while_allowed(parts, request, central::Authority::download);
  response.headers.emplace_back("X-Frames", std::to_string(done->frames));
  return response;
}

}  // namespace

void add_recording_routes(http::Router& router, ServerParts& parts) {
  const std::initializer_list<http::QueryParameter> period{
      {"from", "UTC"}, {"to", "UTC"}, {"stream", "main or sub; main without it"}};
  router
      .add("GET", "/api/v1/channels/{channel}/spans", {"playback"},
           "Periods that are recorded without a hole", on_workers(parts, list_spans))
      .query = period;
  router
      .add("GET", "/api/v1/channels/{channel}/export.mp4", {"download"},
           "A period as MP4, cut at exact frames", as_task(parts, "recording.export", export_recording))
      .query = period;
}

}  // namespace watchrig::api
