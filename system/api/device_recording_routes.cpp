// What devices have recorded themselves, on their cards and disks (H.626.4, 6.1.6).
#include <atomic>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_contact.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/api/session_watch.hpp"
#include "system/devices/onvif/onvif_recordings.hpp"
#include "system/devices/onvif/onvif_replay.hpp"
#include "system/platform/recording_messages.hpp"
#include "system/platform/role_messages.hpp"
#include "system/storage/device_export.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::Error;
using base::ErrorKind;
using devices::DeviceRecording;
using http::Request;
using http::Response;

namespace {

/// How much earlier than its recording a device may stop playing, as by the time of one picture.
constexpr base::Duration last_picture = std::chrono::seconds(2);

struct Asked {
  std::string request;  ///< its name
  std::string device_id, channel_id;
  Period period;
  devices::OnvifClient::Options device;
  devices::OnvifStreamChoice choice;
  std::uint32_t channels = 1;
  std::string name;
};

central::FieldResult<Asked> asked_by(ServerParts& parts, const Request& request) {
  const auto period = period_of(request, false);
  if (!period) return period.error();
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) return central::FieldError{{}, found.error()};
  auto contact = stream_contact(parts.central, *found->device, *found->channel, "main");
  if (!contact) return central::FieldError{{}, contact.error()};
  contact->device.watch = {};  // noted as what is asked for, not by each question
  return Asked{
      trace_name(request),        found->device->id, found->channel->id,           *period,
      std::move(contact->device), contact->choice,   found->device->channel_count, found->channel->name};
}

/// The spans as the trace has them.
json::object noted(const DeviceRecording& recording) {
  json::array records;
  for (const auto& span : recording.spans)
    records.push_back({{"from", base::format_utc(span.from, 9)}, {"to", base::format_utc(span.to, 9)}});
  return {{"records", std::move(records)}};
}

asio::awaitable<base::Result<DeviceRecording>> look(ServerParts& parts, Asked asked) {
  auto& notes = parts.central.device_notes();
  const platform::PuPlaybackQuery query{asked.channel_id, asked.period.from, asked.period.to};
  const auto sent = notes.sent(asked.device_id, asked.request, query);
  auto found = co_await devices::find_device_recording(parts.clock, std::move(asked.device),
                                                       {asked.choice.channel, asked.channels},
                                                       asked.period.from, asked.period.to);
  notes.answered(
      sent, found ? base::Result<json::object>(noted(*found)) : base::Result<json::object>(found.error()));
  if (!found) co_return device_failure(found.error());
  co_return found;
}

asio::awaitable<Response> show(ServerParts& parts, Request request) {
  const auto asked = asked_by(parts, request);
  if (!asked) co_return error_response(asked.error());
  const auto found = co_await look(parts, *asked);
  if (!found) co_return http::error_response(found.error());
  json::array spans;
  for (const auto& span : found->spans) {
    spans.push_back({{"from", base::format_utc(span.from, 3)}, {"to", base::format_utc(span.to, 3)}});
  }
  const auto ahead = std::chrono::round<std::chrono::milliseconds>(found->clock_ahead).count();
  co_return http::json_response(200, json::object{{"recording", found->token},
                                                  {"spans", std::move(spans)},
                                                  {"holes_known", found->holes_known},
                                                  {"clock_ahead_ms", ahead}});
}

/// Error unavailable where a device has stopped before the end of what it has, or may have: nobody takes a
/// part for the whole.
base::Result<> check_end(const DeviceRecording& recording, const storage::ExportSummary& done) {
  const auto end = recording.spans.back().to;
  if (done.to + last_picture >= end) return {};
  return Error{
      ErrorKind::unavailable,
      fmt::format("the device broke off at {}, although it {} until {}: ask again, or for the time before "
                  "and after it apart",
                  base::format_utc(done.to, 3), recording.holes_known ? "has recorded" : "may have recorded",
                  base::format_utc(end, 3))};
}

/// On a thread that may wait.
Response fetch(ServerParts& parts, const Request& request, storage::DeviceExport wanted,
               const DeviceRecording& recording, central::TaskList::Entry& task) {
  static std::atomic<std::uint64_t> number{0};
  task.start();
  // Nobody has signed in any more when the server ends.
  const auto allowed = while_allowed(parts, request, central::Authority::download);
  if (!allowed()) return http::error_response(401, "unauthenticated", {}, "the sign-in has ended");
  const auto file =
      std::make_shared<http::TemporaryFile>(parts.scratch / fmt::format("fetched-{}.mp4", ++number));
  const auto from = wanted.from - wanted.clock_ahead, to = wanted.to - wanted.clock_ahead;
  const auto done =
      storage::export_from_device(parts.clock, std::move(wanted), file->path, [&](base::UtcTime reached) {
        task.advance(std::chrono::duration<double>(reached - from) / (to - from));
        return allowed();
      });
  if (!done) return http::error_response(device_failure(done.error()));
  if (const auto whole = check_end(recording, *done); !whole) return http::error_response(whole.error());
  auto body = http::whole_file(file);
  if (!body) return http::error_response(body.error());
  Response response;
  response.content_type = "video/mp4";
  response.file = std::move(*body);
  response.wanted = allowed;
  response.headers.emplace_back(
      "Content-Disposition", fmt::format("attachment; filename=\"{}-device.mp4\"", request.param("channel")));
  response.headers.emplace_back("X-Frames", std::to_string(done->frames));
  return response;
}

asio::awaitable<Response> export_recording(ServerParts& parts, Request request) {
  const auto asked = asked_by(parts, request);
  if (!asked) co_return error_response(asked.error());
  const auto found = co_await look(parts, *asked);
  if (!found) co_return http::error_response(found.error());
  if (found->spans.empty()) {
    co_return http::error_response(
        404, "not_found", {},
        fmt::format("the device of channel \"{}\" has recorded nothing in this time", asked->name));
  }
  auto& notes = parts.central.device_notes();
  const platform::PuDownloadRecord record{asked->channel_id, found->spans.front().from,
                                          found->spans.back().to};
  const auto sent = notes.sent(asked->device_id, asked->request, record);
  const auto locator = devices::make_onvif_replay_locator(parts.clock, asked->device, asked->choice);
  auto address = co_await locator->locate();
  notes.answered(sent, address ? base::Result<json::object>(json::object())
                               : base::Result<json::object>(address.error()));
  if (!address) co_return http::error_response(device_failure(address.error()));
  storage::DeviceExport wanted;
  wanted.client.url = *std::move(address);
  wanted.client.credentials = asked->device.credentials;
  wanted.client.dialer = asked->device.dialer;
  wanted.client.trust = asked->device.trust;
  wanted.client.transport = asked->choice.transport;
  wanted.clock_ahead = found->clock_ahead;
  // Not beyond what there is: a device might go on with what it sees now.
  wanted.from = found->spans.front().from + found->clock_ahead;
  wanted.to = found->spans.back().to + found->clock_ahead;
  const auto task = parts.central.tasks().add("recording.fetch", request.account);
  WorkPool::Work work = [&parts, request, wanted, recording = *found, task] {
    return fetch(parts, request, wanted, recording, *task);
  };
  auto lane = request.account;
  co_return co_await parts.fetchers.run(std::move(lane), std::move(work));
}

}  // namespace

void add_device_recording_routes(http::Router& router, ServerParts& parts) {
  const std::initializer_list<http::QueryParameter> period{{"from", "UTC"}, {"to", "UTC"}};
  router
      .add("GET", "/api/v1/channels/{channel}/device-recordings", {"playback"},
           "When the device has recorded the channel itself, by this server's clock",
           [&parts](Request request) { return show(parts, std::move(request)); })
      .query = period;
  router
      .add("GET", "/api/v1/channels/{channel}/device-recordings/export.mp4", {"download"},
           "A period of the device's own recording as MP4, cut at exact frames",
           [&parts](Request request) { return export_recording(parts, std::move(request)); })
      .query = period;
}

}  // namespace watchrig::api
