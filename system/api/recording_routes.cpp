#include <atomic>

#include <fmt/format.h>

#include "system/api/recorded_picture.hpp"
#include "system/api/recording_search.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/storage/recording_export.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using http::Request;
using http::Response;

namespace {

/// On a thread that may wait for disks: the bytes of a record do not pass the bus.
Response export_record(ServerParts& parts, const Request& request, const platform::NvrDownloadRecord& record,
                       const platform::NvrRecordPlace& place, central::TaskList::Entry& task) {
  task.start();
  static std::atomic<std::uint64_t> number{0};
  const auto file =
      std::make_shared<http::TemporaryFile>(parts.scratch / fmt::format("export-{}.mp4", ++number));
  const auto done = storage::export_mp4(
      parts.storage, record.channel, record.stream, record.from, record.to, file->path,
      [&](const media::AccessUnit& unit) {
        task.advance(std::chrono::duration<double>(unit.time - place.from) / (place.to - place.from));
        return true;
      });
  if (!done) return http::error_response(done.error());
  auto body = http::whole_file(file);
  if (!body) return http::error_response(body.error());
  Response response;
  response.content_type = "video/mp4";
  response.file = std::move(*body);
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"{}.mp4\"", record.channel));
  response.wanted = while_allowed(parts, request, central::Authority::download);
  response.headers.emplace_back("X-Frames", std::to_string(done->frames));
  return response;
}

asio::awaitable<Response> export_recording(ServerParts& parts, std::shared_ptr<QuestionShare> share,
                                           Request request) {
  const auto period = period_of(request, false);
  if (!period) co_return error_response(period.error());
  const platform::NvrDownloadRecord record{
      request.param("channel"), request.query_value("stream").value_or("main"), period->from, period->to};
  const auto task = parts.central.tasks().add("recording.export", request.account);
  std::optional<platform::NvrRecordPlace> place;
  {
    const auto taken = share->take(request.account);
    if (!taken) co_return QuestionShare::busy();
    const auto answer = co_await parts.storage_queries.download(record, trace_name(request));
    if (!answer) co_return http::error_response(answer.error());
    place = *answer;
  }
  auto lane = request.account;
  WorkPool::Work work = [&parts, request, record, place = *place, task] {
    return export_record(parts, request, record, place, *task);
  };
  co_return co_await parts.workers.run(std::move(lane), std::move(work));
}

}  // namespace

void add_recording_routes(http::Router& router, ServerParts& parts) {
  const auto share = std::make_shared<QuestionShare>();
  add_recording_search(router, parts, share);
  add_recorded_pictures(router, parts, share);
  router
      .add("GET", "/api/v1/channels/{channel}/export.mp4", {"download"},
           "A period as MP4, cut at exact frames",
           [&parts, share](Request request) { return export_recording(parts, share, std::move(request)); })
      .query = {{"from", "UTC"}, {"to", "UTC"}, {"stream", "main, sub or sub2; main without it"}};
}

}  // namespace watchrig::api
