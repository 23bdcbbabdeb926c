#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/device_audit.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/etag.hpp"
#include "system/api/gate.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/record_plan_json.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/base/text.hpp"
#include "system/media/stream_names.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

using Reports = std::map<std::string, platform::ChannelReport>;

/// What storage says of these channels. Where it does not answer, a list is shown all the same, and why.
struct Told {
  Reports reports;
  std::optional<base::Error> silent;
  central::RecordDesk::Moment moment = {};  ///< in which it was said
};

asio::awaitable<Told> ask_storage(ServerParts& parts, std::vector<std::string> ids, std::string request) {
  auto answer = co_await parts.storage_queries.channels(std::move(ids), std::move(request));
  Told told;
  told.moment = parts.central.record_desk().now();
  if (!answer) {
    told.silent = answer.error();
    co_return told;
  }
  for (auto& report : *answer) {
    std::string id = report.channel;
    told.reports.emplace(std::move(id), std::move(report));
  }
  co_return told;
}

/// By what central has been told, without storage.
void add_known_state(json::object& object, const ServerParts& parts, const central::Device& device,
                     const central::Channel& channel, const std::optional<base::Error>& silent) {
  if (!device.connected) {
    object["state"] = "disconnected";
    object["cause"] = "an operator has disconnected the device";
    return;
  }
  const auto known = parts.central.channel_states().of(channel.id);
  object["state"] = known.state;
  object["cause"] = known.cause;
  if (silent) object["missing"] = silent->message;
}

json::object channel_json(const ServerParts& parts, const central::Device& device,
                          const central::Channel& channel, const Told& told) {
  json::object object{
      {"id", channel.id}, {"name", channel.name}, {"device", device.id}, {"number", channel.number}};
  const auto found = told.reports.find(channel.id);
  if (found == told.reports.end()) {
    add_known_state(object, parts, device, channel, told.silent);
    return object;
  }
  const auto& report = found->second;
  json::object streams;
  for (const auto& stream : report.streams) {
    auto shown = platform::to_body(stream);
    shown.erase("name");
    if (stream.name == media::main_stream) {
      object["state"] = stream.state;
      object["cause"] = stream.cause;
    }
    streams[stream.name] = std::move(shown);
  }
  auto recording = plan_json(parts.central.record_desk(), told.moment, channel);
  recording["state"] = report.recording;
  recording["cause"] = report.recording_cause;
  recording["units"] = report.units;
  recording["committed_units"] = report.committed_units;
  object["recording"] = std::move(recording);
  object["streams"] = std::move(streams);
  return object;
}

/// Its version is of what can be changed, not of how it is.
Response show(const ServerParts& parts, const central::Device& device, const central::Channel& channel,
              const Told& told) {
  return with_etag(http::json_response(200, channel_json(parts, device, channel, told)),
                   json::object{{"device", device.version},
                                {"name", channel.name},
                                {"plan", to_string(channel.plan)},
                                {"enabled", channel.plan_enabled},
                                {"stream", channel.recorded_stream},
                                {"schedule", channel.schedule},
                                {"keep_days", channel.keep_days},
                                {"keep_bytes", channel.keep_bytes},
                                {"disk_group", channel.disk_group}});
}

constexpr std::string_view attributes[] = {"id",    "name",      "device",  "number", "state",
                                           "cause", "recording", "streams", "missing"};
constexpr std::size_t told_by_central = 4;  // of them

/// Those of ?columns, or all.
central::FieldResult<std::set<std::string_view>> visible_attributes(std::string_view wanted) {
  if (wanted.empty()) return std::set<std::string_view>(std::begin(attributes), std::end(attributes));
  std::set<std::string_view> visible;
  for (const auto name : base::split(wanted, ',')) {
    const auto* known = std::ranges::find(attributes, name);
    if (known == std::end(attributes))
      return central::FieldError{
          "columns",
          {base::ErrorKind::invalid, fmt::format("a channel has {}", base::joined(attributes, ", "))}};
    visible.insert(*known);
  }
  return visible;
}

asio::awaitable<Response> list_channels(ServerParts& parts, Request request) {
  const auto page = page_of(request);
  if (!page) co_return error_response(page.error());
  const auto visible = visible_attributes(request.query_value("columns").value_or(""));
  if (!visible) co_return error_response(visible.error());
  const auto rights = parts.central.accounts().rights(request.account);
  central::ChannelQuery query;
  query.text = request.query_value("q").value_or("");
  query.address = request.query_value("address").value_or("");
  query.accept = [&](const central::Device&, const central::Channel& channel) {
    return rights->sees(channel.id);
  };
  query.offset = page->offset;
  query.limit = page->limit;
  const auto found = parts.central.registry().list(query);
  const bool needs_storage = std::any_of(attributes + told_by_central, std::end(attributes),
                                         [&](auto attribute) { return visible->contains(attribute); });
  std::vector<std::string> ids;
  if (needs_storage) {
    for (const auto& of : found.items) ids.push_back(of.channel->id);
  }
  const auto told = co_await ask_storage(parts, std::move(ids), trace_name(request));
  json::array channels;
  for (const auto& of : found.items) {
    auto channel = channel_json(parts, *of.device, *of.channel, told);
    for (const auto attribute : attributes) {
      if (!visible->contains(attribute)) channel.erase(attribute);
    }
    channels.push_back(std::move(channel));
  }
  co_return http::json_response(200, page_json("channels", std::move(channels), found.total, *page));
}

asio::awaitable<Response> find_channel(ServerParts& parts, Request request) {
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) co_return http::error_response(found.error());
  std::vector<std::string> ids{found->channel->id};
  const auto told = co_await ask_storage(parts, std::move(ids), trace_name(request));
  co_return show(parts, *found->device, *found->channel, told);
}

/// Changes the channels of its device; `work` gets the list and the place in it.
central::FieldResult<central::DeviceRegistry::Changed> change_channels(
    ServerParts& parts, const std::string& channel,
    const std::function<central::FieldResult<void>(std::vector<central::Channel>&, std::size_t)>& work) {
  const auto found = parts.central.registry().find_channel(channel);
  if (!found) return central::FieldError{{}, found.error()};
  return parts.central.registry().change(
      found->device->id, [&](central::Device& device) -> central::FieldResult<void> {
        for (std::size_t i = 0; i < device.channels.size(); ++i) {
          if (device.channels[i].id == found->channel->id) return work(device.channels, i);
        }
        return central::FieldError{
            {}, {base::ErrorKind::not_found, fmt::format("there is no channel \"{}\"", channel)}};
      });
}

Response change_now(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto changed = change_channels(parts, request.param("channel"),
                                       [&](std::vector<central::Channel>& channels, std::size_t at) {
                                         return change_channel(*body, channels[at]);
                                       });
  if (!changed) return error_response(of_channel(changed.error()));
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed, "has a changed channel");
  return http::no_content();
}

/// On a worker, since it waits for storage to take it.
asio::awaitable<Response> change_one_channel(ServerParts& parts, Request request) {
  const WorkPool::Work change = [&] { return change_now(parts, request); };
  auto changed = co_await parts.workers.run(request.account, change);
  if (changed.status >= 300) co_return changed;
  auto shown = co_await find_channel(parts, std::move(request));
  co_return shown;
}

Response remove_channel(ServerParts& parts, const Request& request) {
  const auto changed = change_channels(
      parts, request.param("channel"),
      [](std::vector<central::Channel>& channels, std::size_t at) -> central::FieldResult<void> {
        if (channels.size() == 1) {
          return central::FieldError{
              {}, {base::ErrorKind::conflict, "it is the only channel of its device: remove the device"}};
        }
        channels.erase(channels.begin() + static_cast<std::ptrdiff_t>(at));
        return {};
      });
  if (!changed) return error_response(changed.error());
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed, "has a channel less; its recordings stay");
  return http::no_content();
}

}  // namespace

void add_channel_routes(http::Router& router, ServerParts& parts) {
  using Work = asio::awaitable<Response> (*)(ServerParts&, Request);
  const auto slowly = [&parts](Work work) {
    return [&parts, work](Request request) { return work(parts, std::move(request)); };
  };
  router
      .add("GET", "/api/v1/channels", {signed_in}, "The channels that one may see, with their states",
           slowly(list_channels))
      .query = paged({{"q", "part of the name"},
                      {"address", "part of the IP address, or of the RTSP address"},
                      {"columns", "attributes that are shown, with commas between them; all without it"}});
  router.add("GET", "/api/v1/channels/{channel}", {signed_in}, "One channel with its state",
             slowly(find_channel));
  router.add("PATCH", "/api/v1/channels/{channel}", {"devices"},
             "Changes the name of a channel, or gives it addresses of its own", slowly(change_one_channel));
  router.add("DELETE", "/api/v1/channels/{channel}", {"devices"},
             "Removes a channel of a device that has several; its recordings stay",
             on_workers(parts, remove_channel));
}

}  // namespace watchrig::api
