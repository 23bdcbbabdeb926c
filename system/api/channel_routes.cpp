#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/gate.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/routes.hpp"

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
  json::object object{{"id", channel.id}, {"name", channel.name}, {"device", device.id}};
  const auto relayed = parts.channels.find(channel.id);
  if (!relayed) return object;
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

Response set_recording(ServerParts& parts, const Request& request) {
  const auto body = http::parse_json_object(request.body);
  if (!body) return http::error_response(body.error());
  FieldReader fields(*body);
  const auto plan = central::record_plan_from(fields.text("plan"));
  const std::string stream = fields.text("stream", "main");
  fields.no_others();
  if (!plan && !fields.error()) fields.refuse("plan", "must be continuous or none");
  if (fields.error()) return error_response(*fields.error());
  const auto changed = parts.registry.set_plan(request.param("channel"), *plan, stream);
  if (!changed)
    return http::error_response(changed.error(),
                                changed.error().kind == base::ErrorKind::invalid ? "stream" : "");
  if (const auto channel = parts.channels.find(changed->id)) {
    channel->record(*plan == central::RecordPlan::none ? std::string() : stream);
  }
  return http::json_response(200, json::object{{"plan", to_string(*plan)}, {"stream", stream}});
}

}  // namespace

void add_channel_routes(http::Router& router, ServerParts& parts) {
  router.add_plain("GET", "/api/v1/channels", {signed_in}, "The channels that one may see, with their states",
                   [&parts](const Request& request) {
                     const auto rights = parts.accounts.rights(request.account);
                     json::array channels;
                     for (const auto& device : parts.registry.devices()) {
                       for (const auto& channel : device.channels) {
                         if (rights->sees(channel.id))
                           channels.push_back(channel_json(parts, device, channel));
                       }
                     }
                     return http::json_response(200, json::object{{"channels", std::move(channels)}});
                   });
  router.add_plain("GET", "/api/v1/channels/{channel}", {signed_in}, "One channel with its state",
                   [&parts](const Request& request) {
                     const std::string id = request.param("channel");
                     for (const auto& device : parts.registry.devices()) {
                       for (const auto& channel : device.channels) {
                         if (channel.id == id)
                           return http::json_response(200, channel_json(parts, device, channel));
                       }
                     }
                     return http::error_response(404, "not_found", {},
                                                 fmt::format("there is no channel \"{}\"", id));
                   });
  router.add_plain("PUT", "/api/v1/channels/{channel}/recording", {"record"},
                   "Sets the record plan of a channel",
                   [&parts](const Request& request) { return set_recording(parts, request); });
}

}  // namespace watchrig::api
