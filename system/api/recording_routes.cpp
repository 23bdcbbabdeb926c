#include <atomic>
#include <map>
#include <mutex>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/storage/recording_export.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

/// How much of what storage is asked at a time is of one account, so that nobody fills its queue for all.
class Share : public std::enable_shared_from_this<Share> {
 public:
  static constexpr int most = 16;

  /// Until the end of what it returns; null when the account has its share already.
  std::shared_ptr<void> take(const std::string& account) {
    const std::lock_guard lock(mutex_);
    if (asked_[account] >= most) return nullptr;
    ++asked_[account];
    return {this, [self = shared_from_this(), account](void*) { self->give_back(account); }};
  }

 private:
  void give_back(const std::string& account) {
    const std::lock_guard lock(mutex_);
    if (--asked_[account] == 0) asked_.erase(account);
  }

  std::mutex mutex_;
  std::map<std::string, int> asked_;
};
using Shared = std::shared_ptr<Share>;

Response busy() {
  Response refusal = http::error_response(503, "busy", {},
                                          fmt::format("{} such requests of yours are being answered; come "
                                                      "again",
                                                      Share::most));
  refusal.headers.emplace_back("Retry-After", "1");
  return refusal;
}

asio::awaitable<Response> list_spans(ServerParts& parts, Shared share, Request request) {
  const auto period = period_of(request, true);
  if (!period) co_return error_response(period.error());
  const auto taken = share->take(request.account);
  if (!taken) co_return busy();
  platform::NvrPlaybackQuery query{request.param("channel"), request.query_value("stream").value_or("main"),
                                   period->from, period->to};
  const auto records = co_await parts.storage_queries.records(std::move(query), trace_name(request));
  if (!records) co_return http::error_response(records.error());
  json::array list;
  for (const auto& record : *records) {
    list.push_back({{"from", base::format_utc(record.from, 9)},
                    {"to", base::format_utc(record.to, 9)},
                    {"frames", record.frames},
                    {"bytes", record.bytes}});
  }
  co_return http::json_response(200, json::object{{"spans", std::move(list)}});
}

/// On a thread that may wait for disks: the bytes of a record do not pass the bus.
Response export_record(ServerParts& parts, const Request& request, const platform::NvrDownloadRecord& record,
                       const platform::NvrRecordPlace& place, central::TaskList::Entry& task) {
  static std::atomic<std::uint64_t> number{0};
  task.start();
  const auto file =
      std::make_shared<http::TemporaryFile>(parts.scratch / fmt::format("export-{}.mp4", ++number));
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

asio::awaitable<Response> export_recording(ServerParts& parts, Shared share, Request request) {
  const auto period = period_of(request, false);
  if (!period) co_return error_response(period.error());
  const platform::NvrDownloadRecord record{
      request.param("channel"), request.query_value("stream").value_or("main"), period->from, period->to};
  const auto task = parts.central.tasks().add("recording.export", request.account);
  std::optional<platform::NvrRecordPlace> place;
  {
    const auto taken = share->take(request.account);
    if (!taken) co_return busy();
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
  const std::initializer_list<http::QueryParameter> period{
      {"from", "UTC"}, {"to", "UTC"}, {"stream", "main, sub or sub2; main without it"}};
  const auto share = std::make_shared<Share>();
  router
      .add("GET", "/api/v1/channels/{channel}/spans", {"playback"},
           "Periods that are recorded without a hole",
           [&parts, share](Request request) { return list_spans(parts, share, std::move(request)); })
      .query = period;
  router
      .add("GET", "/api/v1/channels/{channel}/export.mp4", {"download"},
           "A period as MP4, cut at exact frames",
           [&parts, share](Request request) { return export_recording(parts, share, std::move(request)); })
      .query = period;
}

}  // namespace watchrig::api
