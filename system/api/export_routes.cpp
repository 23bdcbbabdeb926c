// Recordings of several channels that are made ready for being taken away, with a signature.
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/question_share.hpp"
#include "system/api/recording_search.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/base/text.hpp"
#include "system/base/utf8.hpp"
#include "system/media/stream_names.hpp"
#include "system/storage/signed_export/export_queue.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::ErrorKind;
using central::Authority;
using http::Request;
using http::Response;
using storage::ExportJob;
using storage::ExportState;

namespace {

constexpr std::size_t longest_reason = 255;

std::string id_of(const ExportJob& job) { return fmt::format("e{}", job.number); }

json::object to_json(const ExportJob& job) {
  const auto& order = job.order;
  json::array channels;
  for (const auto& channel : order.channels) channels.push_back({{"id", channel.id}, {"name", channel.name}});
  json::object object{{"id", id_of(job)},
                      {"account", order.account},
                      {"state", to_string(job.state)},
                      {"progress", job.progress},
                      {"channels", std::move(channels)},
                      {"stream", order.channels.empty() ? "" : order.channels.front().stream},
                      {"from", base::format_utc(order.from, 9)},
                      {"to", base::format_utc(order.to, 9)},
                      {"reason", order.reason},
                      {"ordered", base::format_utc(job.ordered, 3)}};
  if (job.ended) object["ended"] = base::format_utc(*job.ended, 3);
  if (job.state == ExportState::done) {
    object["files"] = job.made.files;
    object["frames"] = job.made.frames;
    object["bytes"] = job.made.bytes;
    object["manifest_sha256"] = job.made.manifest_sha256;
  }
  if (job.failure)
    object["error"] = json::object{{"code", to_string(job.failure->kind)}, {"message", job.failure->message}};
  return object;
}

/// An export is its account's, and that of administrators; for others it does not exist.
bool sees(ServerParts& parts, const Request& request, const ExportJob& job) {
  return job.order.account == request.account ||
         parts.central.accounts().rights(request.account)->is_everything();
}

std::vector<ExportJob> seen_by(ServerParts& parts, const Request& request) {
  auto jobs = parts.exports.list();
  std::erase_if(jobs, [&](const ExportJob& job) { return !sees(parts, request, job); });
  return jobs;
}

base::Result<ExportJob> asked_for(ServerParts& parts, const Request& request) {
  const auto id = request.param("export");
  const auto number = id.starts_with('e') ? base::parse_number<std::uint64_t>(id.substr(1)) : std::nullopt;
  auto job = number ? parts.exports.find(*number) : std::nullopt;
  if (!job || !sees(parts, request, *job))
    return base::Error{ErrorKind::not_found, fmt::format("there is no export \"{}\"", id)};
  return *std::move(job);
}

/// What was asked for, of channels that the account may export.
central::FieldResult<storage::SignedExportOrder> order_from(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  storage::SignedExportOrder order;
  order.from = fields.time("from");
  order.to = fields.time("to");
  if (!fields.error() && order.from >= order.to) fields.refuse("to", "must be after from");
  if (!fields.error() && order.to - order.from > longest_search)
    fields.refuse("to", "an export covers at most 31 days: narrow the time, or export in parts");
  const auto stream = fields.text("stream", std::string(media::main_stream));
  if (!media::is_stream_name(stream)) fields.refuse("stream", "must be main, sub or sub2");
  order.reason = fields.text("reason", "");
  if (order.reason.size() > longest_reason || !base::is_utf8(order.reason))
    fields.refuse("reason", fmt::format("must have at most {} bytes", longest_reason));
  const auto names = fields.texts("channels");
  fields.no_others();
  if (fields.error()) return *fields.error();
  const auto channels = named_channels(parts, request.account, names, Authority::download);
  if (!channels) return channels.error();
  for (const auto& of : *channels) order.channels.push_back({of.channel->id, of.channel->name, stream});
  order.server = parts.central.serial_number();
  order.account = request.account;
  return order;
}

Response add(ServerParts& parts, const storage::SignedExportOrder& order) {
  const auto job = parts.exports.add(order);
  return job ? http::json_response(202, to_json(*job)) : http::error_response(job.error());
}

asio::awaitable<Response> create(ServerParts& parts, std::shared_ptr<QuestionShare> share, Request request) {
  auto order = order_from(parts, request);
  if (!order) co_return error_response(order.error());
  {
    const auto taken = share->take(request.account);
    if (!taken) co_return QuestionShare::busy();
    std::optional<base::Error> nothing;
    bool found = false;
    for (const auto& channel : order->channels) {
      const platform::NvrDownloadRecord record{channel.id, channel.stream, order->from, order->to};
      const auto answer = co_await parts.storage_queries.download(record, trace_name(request));
      if (!answer && answer.error().kind != ErrorKind::not_found)
        co_return http::error_response(answer.error());
      // The manifest says of which channels nothing is recorded.
      if (!answer) nothing = answer.error();
      found = found || answer;
    }
    if (!found && nothing) co_return http::error_response(*nothing);
  }
  WorkPool::Work work = [&parts, order = *std::move(order)] { return add(parts, order); };
  co_return co_await parts.workers.run(request.account, std::move(work));
}

Response list(ServerParts& parts, const Request& request) {
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  const auto jobs = seen_by(parts, request);
  json::array shown;
  for (std::size_t at = page->offset; at < jobs.size() && shown.size() < page->limit; ++at)
    shown.push_back(to_json(jobs[at]));
  return http::json_response(200, page_json("exports", std::move(shown), jobs.size(), *page));
}

Response show(ServerParts& parts, const Request& request) {
  const auto job = asked_for(parts, request);
  return job ? http::json_response(200, to_json(*job)) : http::error_response(job.error());
}

/// Whether exports are to wait: the member `paused`, which is needed.
central::FieldResult<bool> pause_in(const Request& request) {
  BodyFields fields(request);
  fields.require("paused");
  const bool paused = fields.flag("paused", false);
  fields.no_others();
  if (fields.error()) return *fields.error();
  return paused;
}

base::Result<> set_paused(ServerParts& parts, const ExportJob& job, bool paused) {
  return paused ? parts.exports.pause(job.number) : parts.exports.resume(job.number);
}

Response change(ServerParts& parts, const Request& request) {
  const auto paused = pause_in(request);
  if (!paused) return error_response(paused.error());
  const auto job = asked_for(parts, request);
  if (!job) return http::error_response(job.error());
  if (auto set = set_paused(parts, *job, *paused); !set) return http::error_response(set.error());
  return show(parts, request);
}

/// Of one's own, also where one sees others.
std::vector<ExportJob> own(ServerParts& parts, const Request& request) {
  auto jobs = parts.exports.list();
  std::erase_if(jobs, [&](const ExportJob& job) { return job.order.account != request.account; });
  return jobs;
}

Response counted(const char* name, std::size_t count) {
  return http::json_response(200, json::object{{name, count}});
}

Response change_all(ServerParts& parts, const Request& request) {
  const auto paused = pause_in(request);
  if (!paused) return error_response(paused.error());
  std::size_t changed = 0;
  for (const auto& job : own(parts, request)) {
    const bool waits = job.state == ExportState::paused;
    const bool works = job.state == ExportState::waiting || job.state == ExportState::running;
    if (*paused ? !works : !waits) continue;
    const auto set = set_paused(parts, job, *paused);
    if (!set && set.error().kind != ErrorKind::not_found) return http::error_response(set.error());
    if (set) ++changed;
  }
  return counted("changed", changed);
}

base::Result<> remove_one(ServerParts& parts, const Request& request, const ExportJob& job) {
  auto removed = parts.exports.remove(job.number);
  if (removed) {
    tell_change(parts, request, "recording.export-removed",
                fmt::format("export \"{}\" of \"{}\" was removed", id_of(job), job.order.account),
                {{"export", id_of(job)}}, to_json(job), {});
  }
  return removed;
}

Response remove(ServerParts& parts, const Request& request) {
  const auto job = asked_for(parts, request);
  if (!job) return http::error_response(job.error());
  const auto removed = remove_one(parts, request, *job);
  return removed ? http::no_content() : http::error_response(removed.error());
}

Response remove_ended(ServerParts& parts, const Request& request) {
  std::size_t count = 0;
  for (const auto& job : own(parts, request)) {
    if (!job.ended) continue;
    const auto removed = remove_one(parts, request, job);
    if (!removed && removed.error().kind != ErrorKind::not_found)
      return http::error_response(removed.error());
    if (removed) ++count;
  }
  return counted("removed", count);
}

Response send_file(ServerParts& parts, const Request& request) {
  const auto job = asked_for(parts, request);
  if (!job) return http::error_response(job.error());
  std::vector<std::function<bool()>> all;
  for (const auto& channel : job->order.channels) {
    if (!still_may(parts, request.session, request.account, Authority::download, channel.id)) {
      return http::error_response(
          {ErrorKind::denied,
           fmt::format("no right to export channel \"{}\"; the administrator grants it", channel.name)});
    }
    auto of_one = request;
    of_one.params["channel"] = channel.id;
    all.push_back(while_allowed(parts, of_one, Authority::download));
  }
  auto content = parts.exports.content(job->number);
  if (!content) return http::error_response(content.error());
  auto body = std::make_shared<http::FileBody>();
  for (auto& piece : content->pieces)
    body->pieces.push_back({piece.bytes, std::move(piece.text), std::move(piece.file)});
  body->kept = std::move(content->kept);
  Response response;
  response.content_type = "application/zip";
  response.file = std::move(body);
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"recordings-{}.zip\"", id_of(*job)));
  response.headers.emplace_back("ETag", fmt::format("\"{}\"", job->made.manifest_sha256));
  response.wanted = [all = std::move(all)] {
    return std::ranges::all_of(all, [](const auto& allowed) { return allowed(); });
  };
  return response;
}

/// By which the exports of this server are known.
Response signing_key(ServerParts& parts, const Request&) {
  const auto& key = parts.signing_key.public_key();
  return http::json_response(
      200,
      json::object{{"algorithm", "Ed25519"}, {"public_key", key.pem()}, {"fingerprint", key.fingerprint()}});
}

}  // namespace

void add_export_routes(http::Router& router, ServerParts& parts) {
  const auto share = std::make_shared<QuestionShare>();
  const http::Guard guard{"download"}, looking{"download", false, false};
  const std::string all = "/api/v1/exports", one = all + "/{export}";
  router.add("POST", all, guard,
             "Has a period of several channels made ready, with a signature, for evidence",
             [&parts, share](Request request) { return create(parts, share, std::move(request)); });
  router.add("GET", all, looking, "The exports of one's own; administrators see all", on_workers(parts, list))
      .query = paged();
  router.add("PATCH", all, guard,
             "Pauses all of one's own that are not done, or has those that were paused go on",
             on_workers(parts, change_all));
  router.add("DELETE", all, guard, "Removes all of one's own that are done or have failed",
             on_workers(parts, remove_ended));
  router.add("GET", one, looking, "How far it is", on_workers(parts, show));
  router.add("PATCH", one, guard, "Pauses it, or has it go on; one that has failed is tried again",
             on_workers(parts, change));
  router.add("DELETE", one, guard, "Removes it, whatever has become of it", on_workers(parts, remove));
  router.add("GET", one + "/file", guard, "A ZIP with the recordings as MP4 and a signed manifest",
             on_workers(parts, send_file));
  router.add("GET", "/api/v1/signing-key", looking, "The public key of what this server signs",
             on_workers(parts, signing_key));
}

}  // namespace watchrig::api
