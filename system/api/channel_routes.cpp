#include <algorithm>
#include <set>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/audit.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/etag.hpp"
#include "system/api/gate.hpp"
#include "system/api/paging.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

std::int64_t microseconds(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

json::object receiver_json(const media::RtpReceiverStats& rtp) {
  json::object object{{"packets", rtp.packets},       {"lost", rtp.lost},
                      {"duplicates", rtp.duplicates}, {"late", rtp.late},
                      {"reordered", rtp.reordered},   {"malformed", rtp.malformed},
                      {"strangers", rtp.strangers},   {"damaged_units", rtp.damaged_units},
                      {"reanchored", rtp.reanchored}, {"jitter_us", microseconds(rtp.jitter)}};
  if (rtp.clock_offset) object["clock_offset_us"] = microseconds(*rtp.clock_offset);
  if (rtp.clock_drift_ppm) object["clock_drift_ppm"] = *rtp.clock_drift_ppm;
  return object;
}

json::object stream_json(const storage::ChannelStatus::Stream& stream,
                         const storage::RecorderStats* recorder) {
  const auto& video = stream.source.video;
  json::object object{{"state", devices::to_string(stream.source.state)},
                      {"cause", stream.source.cause},
                      {"connections", stream.source.connections},
                      {"attempts", stream.source.attempts},
                      {"readers", stream.relay.readers},
                      {"units", stream.relay.units},
                      {"bytes", stream.relay.bytes},
                      {"fps", stream.relay.frames_per_second},
                      {"rtp", receiver_json(stream.source.rtp)}};
  if (stream.source.connections > 0) {
    object["codec"] = media::to_string(video.codec);
    object["width"] = video.width;
    object["height"] = video.height;
  }
  const auto damaged = [&](std::string_view place) {
    return stream.source.loss_place == place ? stream.source.rtp.damaged_units : 0;
  };
  object["drops"] = json::object{{"device", damaged("device")},
                                 {"network", damaged("network")},
                                 {"server", stream.relay.dropped + (recorder ? recorder->dropped_server : 0)},
                                 {"disk", recorder ? recorder->dropped_disk : 0}};
  return object;
}

json::object channel_json(const ServerParts& parts, const central::Device& device,
                          const central::Channel& channel) {
  json::object object{
      {"id", channel.id}, {"name", channel.name}, {"device", device.id}, {"number", channel.number}};
  const auto relayed = parts.channels.find(channel.id);
  if (!relayed) {
    object["state"] = "disconnected";
    object["cause"] = "an operator has disconnected the device";
    return object;
  }
  const auto status = relayed->status();
  json::object streams;
  for (const auto& [name, stream] : status.streams) {
    streams[name] = stream_json(stream, name == status.recorded_stream ? &status.recorder : nullptr);
  }
  const auto& main = status.streams.at("main").source;
  object["state"] = devices::to_string(main.state);
  object["cause"] = main.cause;
  object["recording"] = json::object{{"plan", to_string(channel.plan)},
                                     {"stream", channel.recorded_stream},
                                     {"state", storage::to_string(status.recording)},
                                     {"cause", status.recording_cause},
                                     {"units", status.recorder.units},
                                     {"committed_units", status.recorder.committed_units}};
  object["streams"] = std::move(streams);
  return object;
}

/// Its version is of what can be changed, not of how it is.
Response show(const ServerParts& parts, const central::Device& device, const central::Channel& channel) {
  return with_etag(http::json_response(200, channel_json(parts, device, channel)),
                   json::object{{"device", device.version},
                                {"name", channel.name},
                                {"plan", to_string(channel.plan)},
                                {"stream", channel.recorded_stream}});
}

void tell_plan(ServerParts& parts, const Request& request, const central::Channel* before,
               const central::Channel& after) {
  const auto facts = [](const central::Channel& channel) {
    return json::object{{"plan", to_string(channel.plan)}, {"stream", channel.recorded_stream}};
  };
  central::Event event;
  event.type = "recording.plan-changed";
  event.channel = after.id;
  event.channel_name = after.name;
  event.message =
      fmt::format("what is recorded of channel \"{}\" was set by \"{}\"", after.name, request.account);
  add_difference(event.data, before ? facts(*before) : json::object(), facts(after));
  tell(parts, request, std::move(event));
}

Response set_recording(ServerParts& parts, const Request& request) {
  BodyFields fields(request);
  const auto plan = central::record_plan_from(fields.text("plan"));
  const std::string stream = fields.text("stream", "main");
  fields.no_others();
  if (!plan && !fields.error()) fields.refuse("plan", "must be continuous or none");
  if (fields.error()) return error_response(*fields.error());
  const auto before = parts.central.registry().find_channel(request.param("channel"));
  const auto changed = parts.central.registry().set_plan(request.param("channel"), *plan, stream);
  if (!changed)
    return http::error_response(changed.error(),
                                changed.error().kind == base::ErrorKind::invalid ? "stream" : "");
  tell_plan(parts, request, before ? before->channel : nullptr, *changed);
  const auto told =
      parts.storage_orders.record(changed->id, *plan == central::RecordPlan::none ? std::string() : stream);
  json::object answer{{"plan", to_string(*plan)}, {"stream", stream}};
  if (!told) {
    base::log_error("channel \"{}\": {}", changed->name, told.error().message);
    // The plan is kept and acts when the storage is there again; nobody shall think that it acts already.
    answer["pending"] = told.error().message;
  }
  return http::json_response(told ? 200 : 202, answer);
}

constexpr std::string_view attributes[] = {"id",    "name",  "device",    "number",
                                           "state", "cause", "recording", "streams"};

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

Response list_channels(ServerParts& parts, const Request& request) {
  const auto page = page_of(request);
  if (!page) return error_response(page.error());
  const auto visible = visible_attributes(request.query_value("columns").value_or(""));
  if (!visible) return error_response(visible.error());
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
  json::array channels;
  for (const auto& of : found.items) {
    auto channel = channel_json(parts, *of.device, *of.channel);
    for (const auto attribute : attributes) {
      if (!visible->contains(attribute)) channel.erase(attribute);
    }
    channels.push_back(std::move(channel));
  }
  return http::json_response(200, page_json("channels", std::move(channels), found.total, *page));
}

Response find_channel(ServerParts& parts, const Request& request) {
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) return http::error_response(found.error());
  return show(parts, *found->device, *found->channel);
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

Response change_one_channel(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  const auto changed = change_channels(parts, request.param("channel"),
                                       [&](std::vector<central::Channel>& channels, std::size_t at) {
                                         return change_channel(*body, channels[at]);
                                       });
  if (!changed) return error_response(of_channel(changed.error()));
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed, "has a changed channel");
  return find_channel(parts, request);
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
  using Work = Response (*)(ServerParts&, const Request&);
  const auto plainly = [&parts](Work work) {
    return [&parts, work](const Request& request) { return work(parts, request); };
  };
  router
      .add_plain("GET", "/api/v1/channels", {signed_in}, "The channels that one may see, with their states",
                 plainly(list_channels))
      .query = paged({{"q", "part of the name"},
                      {"address", "part of the IP address, or of the RTSP address"},
                      {"columns", "attributes that are shown, with commas between them; all without it"}});
  router.add_plain("GET", "/api/v1/channels/{channel}", {signed_in}, "One channel with its state",
                   plainly(find_channel));
  router.add_plain("PATCH", "/api/v1/channels/{channel}", {"devices"},
                   "Changes the name of a channel, or gives it addresses of its own",
                   plainly(change_one_channel));
  router.add_plain("DELETE", "/api/v1/channels/{channel}", {"devices"},
                   "Removes a channel of a device that has several; its recordings stay",
                   plainly(remove_channel));
  // On a worker, since it waits for the answer of storage.
  router.add("PUT", "/api/v1/channels/{channel}/recording", {"record"}, "Sets the record plan of a channel",
             on_workers(parts, set_recording));
}

}  // namespace watchrig::api
