#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/recorded_picture.hpp"
#include "system/api/recording_search.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/media/stream_names.hpp"
#include "system/storage/recording_export.hpp"
#include "system/storage/signed_export/signed_export.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t longest_reason = 255;

std::shared_ptr<http::TemporaryFile> scratch_file(const ServerParts& parts, std::string_view suffix) {
  static std::atomic<std::uint64_t> number{0};
  return std::make_shared<http::TemporaryFile>(parts.scratch / fmt::format("export-{}.{}", ++number, suffix));
}

/// On a thread that may wait for disks: the bytes of a record do not pass the bus.
Response export_record(ServerParts& parts, const Request& request, const platform::NvrDownloadRecord& record,
                       const platform::NvrRecordPlace& place, central::TaskList::Entry& task) {
  task.start();
  const auto file = scratch_file(parts, "mp4");
  const auto done = storage::export_mp4(
      parts.storage, record.channel, record.stream, record.from, record.to, file->path,
      [&](base::UtcTime reached) {
        task.advance(std::chrono::duration<double>(reached - place.from) / (place.to - place.from));
      });
  if (!done) return http::error_response(done.error());
  Response response;
  response.content_type = "video/mp4";
  response.file = file;
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

/// What was asked for, of channels that the account may export.
central::FieldResult<storage::SignedExportOrder> order_from(ServerParts& parts, const Request& request) {
  const auto refused = [](const char* field, std::string message) {
    return central::FieldError{field, {base::ErrorKind::invalid, std::move(message)}};
  };
  const auto period = period_of(request, false);
  if (!period) return period.error();
  if (period->to - period->from > longest_search)
    return refused("to", "an export covers at most 31 days: narrow the time, or export in parts");
  const auto stream = request.query_value("stream").value_or(std::string(media::main_stream));
  if (!media::is_stream_name(stream)) return refused("stream", "stream must be main, sub or sub2");
  auto reason = request.query_value("reason").value_or("");
  if (reason.size() > longest_reason)
    return refused("reason", fmt::format("reason must have at most {} bytes", longest_reason));
  const auto channels = named_channels(parts, request, central::Authority::download);
  if (!channels) return channels.error();
  storage::SignedExportOrder order{
      {}, period->from, period->to, parts.central.serial_number(), request.account, std::move(reason)};
  for (const auto& of : *channels) order.channels.push_back({of.channel->id, of.channel->name, stream});
  return order;
}

/// On a thread that may wait for disks.
Response export_together(ServerParts& parts, const Request& request, const storage::SignedExportOrder& order,
                         central::TaskList::Entry& task) {
  task.start();
  const auto file = scratch_file(parts, "zip");
  const auto done = storage::export_signed(parts.storage, parts.clock, order, parts.signing_key, file->path,
                                           [&](double part) { task.advance(part); });
  if (!done) return http::error_response(done.error());
  for (const auto& channel : order.channels) {
    central::Event event;
    event.type = "recording.exported";
    event.channel = channel.id;
    event.channel_name = channel.name;
    event.message =
        fmt::format("what is recorded of channel \"{}\" from {} to {} was exported by \"{}\"", channel.name,
                    base::format_utc(order.from), base::format_utc(order.to), request.account);
    event.data = {{"stream", channel.stream},
                  {"from", base::format_utc(order.from, 9)},
                  {"to", base::format_utc(order.to, 9)},
                  {"reason", order.reason},
                  {"manifest_sha256", done->manifest_sha256}};
    tell(parts, request, std::move(event));
  }
  Response response;
  response.content_type = "application/zip";
  response.file = file;
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"recordings.zip\"");
  response.headers.emplace_back("X-Frames", std::to_string(done->frames));
  std::vector<std::function<bool()>> all;
  for (const auto& channel : order.channels) {
    Request of_one = request;
    of_one.params["channel"] = channel.id;
    all.push_back(while_allowed(parts, of_one, central::Authority::download));
  }
  response.wanted = [all = std::move(all)] {
    return std::ranges::all_of(all, [](const auto& allowed) { return allowed(); });
  };
  return response;
}

asio::awaitable<Response> export_recordings(ServerParts& parts, std::shared_ptr<QuestionShare> share,
                                            Request request) {
  auto order = order_from(parts, request);
  if (!order) co_return error_response(order.error());
  const auto task = parts.central.tasks().add("recording.export", request.account);
  {
    const auto taken = share->take(request.account);
    if (!taken) co_return QuestionShare::busy();
    for (const auto& channel : order->channels) {
      const platform::NvrDownloadRecord record{channel.id, channel.stream, order->from, order->to};
      const auto answer = co_await parts.storage_queries.download(record, trace_name(request));
      // The manifest says of which channels nothing is recorded.
      if (!answer && answer.error().kind != base::ErrorKind::not_found)
        co_return http::error_response(answer.error());
    }
  }
  auto lane = request.account;
  WorkPool::Work work = [&parts, request, order = *std::move(order), task] {
    return export_together(parts, request, order, *task);
  };
  co_return co_await parts.workers.run(std::move(lane), std::move(work));
}

/// By which the exports of this server are known.
Response signing_key(ServerParts& parts, const Request&) {
  const auto& key = parts.signing_key.public_key();
  return http::json_response(
      200,
      json::object{{"algorithm", "Ed25519"}, {"public_key", key.pem()}, {"fingerprint", key.fingerprint()}});
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
  router
      .add("GET", "/api/v1/recordings/export.zip", {"download"},
           "A period of several channels: a ZIP with an MP4 of each and a signed manifest, for evidence",
           [&parts, share](Request request) { return export_recordings(parts, share, std::move(request)); })
      .query = {{"channels", "1 to 64 ids, with commas between them; needed"},
                {"from", "UTC"},
                {"to", "UTC; at most 31 days later"},
                {"stream", "main, sub or sub2; main without it"},
                {"reason", "for the manifest and the log; at most 255 bytes"}};
  router.add("GET", "/api/v1/signing-key", {"download", false, false},
             "The public key of what this server signs", on_workers(parts, signing_key));
}

}  // namespace watchrig::api
