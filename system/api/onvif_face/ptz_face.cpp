// Turning the cameras of channels by ONVIF (ONVIF PTZ 5): movements by speed, and presets.
#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "system/api/onvif_face/face_media.hpp"
#include "system/api/onvif_face/onvif_face.hpp"
#include "system/api/ptz_requests.hpp"
#include "system/api/response_reason.hpp"
#include "system/base/text.hpp"
#include "system/protocols/onvif/answer_parts.hpp"
#include "system/protocols/onvif/xml_time.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using devices::PtzVector;
using http::Request;
using http::Response;
using protocols::AccessClass;
using protocols::add;
using protocols::child;
using protocols::refuse;
using protocols::SoapCall;
using protocols::SoapFault;
using protocols::SoapOutcome;
using protocols::text_at;

namespace {

/// As long as a movement by the other interface goes on, at most: a client that dies leaves no camera moving.
constexpr base::Duration shortest = std::chrono::milliseconds(100), longest = std::chrono::seconds(5);
constexpr const char *plane_space = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace",
                     *zoom_space = "http://www.onvif.org/ver10/tptz/ZoomSpaces/VelocityGenericSpace";

SoapOutcome service_capabilities(SoapCall& call) {
  auto all = add(call.answer, "tptz:Capabilities");
  for (const char* name : {"EFlip", "Reverse", "GetCompatibleConfigurations"})
    all.append_attribute(name) = "false";
  for (const char* name : {"MoveStatus", "StatusPosition"}) all.append_attribute(name) = "true";
  return {};
}

/// The profile of the request, of a channel with a head. Error: the fault.
FaceAnswer<FaceProfile> turned(const ServerParts& parts, const SoapCall& call) {
  auto found = asked_profile(parts, call);
  if (!found || found->has_head) return found;
  return refuse({"ter:InvalidArgVal", "ter:NoPTZProfile"},
                fmt::format("no head is entered for the device of \"{}\"", found->name));
}

/// The main profiles of channels with a head: a node and a configuration each, by the channel's token.
std::vector<FaceProfile> heads(const ServerParts& parts) {
  auto all = face_profiles(parts);
  std::erase_if(all, [](const FaceProfile& one) { return !one.has_head || !one.is_main(); });
  return all;
}

void add_range(pugi::xml_node node, const char* name) {
  auto range = add(node, name);
  add(range, "tt:Min", "-1");
  add(range, "tt:Max", "1");
}

void fill_spaces(pugi::xml_node node) {
  auto plane = add(node, "tt:ContinuousPanTiltVelocitySpace");
  add(plane, "tt:URI", plane_space);
  add_range(plane, "tt:XRange");
  add_range(plane, "tt:YRange");
  auto zoom = add(node, "tt:ContinuousZoomVelocitySpace");
  add(zoom, "tt:URI", zoom_space);
  add_range(zoom, "tt:XRange");
}

void fill_node(pugi::xml_node node, const FaceProfile& main) {
  node.append_attribute("token") = main.channel.c_str();
  add(node, "tt:Name", protocols::entity_name(main.name));
  fill_spaces(add(node, "tt:SupportedPTZSpaces"));
  add(node, "tt:MaximumNumberOfPresets", std::to_string(central::PtzBook::most));
  add(node, "tt:HomeSupported", "false");
}

SoapOutcome list(const ServerParts& parts, SoapCall& call, const char* element,
                 void (*fill)(pugi::xml_node, const FaceProfile&)) {
  for (const auto& main : heads(parts)) fill(add(call.answer, element), main);
  return {};
}

SoapOutcome one(const ServerParts& parts, SoapCall& call, const char* asked, const char* element,
                void (*fill)(pugi::xml_node, const FaceProfile&)) {
  const auto token = text_at(call.request, asked);
  const auto main = main_face_profile(parts, token);
  if (!main || !main->has_head) {
    return refuse({"ter:InvalidArgVal", "ter:NoEntity"},
                  fmt::format("there is no head \"{}\"", protocols::one_line(token)));
  }
  fill(add(call.answer, element), *main);
  return {};
}

void fill_options(pugi::xml_node node, const FaceProfile&) {
  fill_spaces(add(node, "tt:Spaces"));
  auto timeout = add(node, "tt:PTZTimeout");
  add(timeout, "tt:Min", protocols::xml_duration(shortest));
  add(timeout, "tt:Max", protocols::xml_duration(longest));
}

/// What the other interface has answered.
SoapOutcome to_outcome(const Response& response) {
  if (response.status < 300) return {};
  const auto reason = reason_of(response);
  if (response.status == 404) return refuse({"ter:InvalidArgVal", "ter:NoToken"}, reason);
  if (response.status == 400) return refuse({"ter:InvalidArgVal"}, reason);
  if (response.status == 409) return refuse({"ter:OperationProhibited"}, reason);
  return SoapFault{SoapFault::Blame::receiver, {"ter:Action"}, reason};
}

/// The same as a request to the other interface. Who steers by ONVIF ranks below everybody else.
Request request_of(const SoapCall& call, const std::string& channel) {
  Request request;
  request.params["channel"] = channel;
  request.account = request.session = onvif_account(call.user);
  request.peer = call.source + ":0";
  request.headers["x-request-id"] = call.correlation;
  request.body = "{}";
  return request;
}

/// False for what is no velocity in the generic space.
bool read_velocity(pugi::xml_node part, const char* name, const char* space, std::optional<double>& value) {
  if (!part) return true;
  const std::string_view named = part.attribute("space").value();
  value = base::parse_number<double>(std::string_view(part.attribute(name).value()));
  return value && *value >= -1 && *value <= 1 && (named.empty() || named == space);
}

asio::awaitable<SoapOutcome> continuous_move(ServerParts& parts, SoapCall& call) {
  const auto profile = turned(parts, call);
  if (!profile) co_return profile.error();
  const auto velocity = child(call.request, "Velocity");
  const auto plane = child(velocity, "PanTilt"), zoom = child(velocity, "Zoom");
  PtzVector vector;
  if (!read_velocity(plane, "x", plane_space, vector.pan) ||
      !read_velocity(plane, "y", plane_space, vector.tilt) ||
      !read_velocity(zoom, "x", zoom_space, vector.zoom) || (!plane && !zoom))
    co_return refuse({"ter:InvalidArgVal", "ter:InvalidVelocity"},
                     "a velocity is -1 to 1 in the generic space");
  auto life = std::optional(longest);
  if (child(call.request, "Timeout")) life = protocols::parse_xml_duration(text_at(call.request, "Timeout"));
  if (!life || *life < shortest || *life > longest) {
    co_return refuse({"ter:InvalidArgVal", "ter:TimeoutNotSupported"},
                     "a movement lasts 0.1 to 5 s, and is to be renewed until then");
  }
  const auto request = request_of(call, profile->channel);
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return to_outcome(*refused);
  const auto order = ptz_order(request, "move");
  const auto done = co_await parts.ptz.move(order, vector, *life);
  co_return to_outcome(ptz_response(done));
}

/// By anybody who may turn it, as by the other interface.
asio::awaitable<SoapOutcome> stop(ServerParts& parts, SoapCall& call) {
  const auto profile = turned(parts, call);
  if (!profile) co_return profile.error();
  const auto order = ptz_order(request_of(call, profile->channel), "stop");
  const auto done = co_await parts.ptz.stop(order);
  co_return to_outcome(ptz_response(done));
}

asio::awaitable<SoapOutcome> status(ServerParts& parts, SoapCall& call) {
  const auto profile = turned(parts, call);
  if (!profile) co_return profile.error();
  PtzDesk::Work<devices::PtzStatus> work = [](devices::PtzHead& head) { return head.status(); };
  const auto told = co_await parts.ptz.ask<devices::PtzStatus>(profile->channel, work);
  if (!told) co_return to_outcome(ptz_refusal(told.error()));
  auto node = add(call.answer, "tptz:PTZStatus");
  const auto& [pan, tilt, zoom, focus, iris] = told->position;
  if (pan && tilt) {
    auto position = add(node, "tt:Position");
    auto plane = add(position, "tt:PanTilt");
    plane.append_attribute("x") = *pan;
    plane.append_attribute("y") = *tilt;
    if (zoom) add(position, "tt:Zoom").append_attribute("x") = *zoom;
  }
  if (told->moving) {
    auto moves = add(node, "tt:MoveStatus");
    for (const char* part : {"tt:PanTilt", "tt:Zoom"}) add(moves, part, *told->moving ? "MOVING" : "IDLE");
  }
  add(node, "tt:UtcTime", base::format_utc(parts.clock.now()));
  co_return SoapOutcome();
}

asio::awaitable<SoapOutcome> presets(ServerParts& parts, SoapCall& call) {
  const auto profile = turned(parts, call);
  if (!profile) co_return profile.error();
  const auto known = co_await ptz_presets_of(parts, profile->channel);
  if (!known) co_return to_outcome(ptz_refusal(known.error()));
  for (const auto& [number, preset] : *known) {
    auto node = add(call.answer, "tptz:Preset");
    node.append_attribute("token") = number;
    add(node, "tt:Name", protocols::entity_name(preset.name));
  }
  co_return SoapOutcome();
}

/// Over the one that the token names, or as the lowest free number.
asio::awaitable<SoapOutcome> set_preset(ServerParts& parts, SoapCall& call) {
  const auto profile = turned(parts, call);
  if (!profile) co_return profile.error();
  const auto known = co_await ptz_presets_of(parts, profile->channel);
  if (!known) co_return to_outcome(ptz_refusal(known.error()));
  auto token = text_at(call.request, "PresetToken");
  if (token.empty()) {
    unsigned number = 1;
    while (known->contains(number)) ++number;
    if (number > central::PtzBook::most)
      co_return refuse({"ter:Action", "ter:TooManyPresets"}, "all numbers up to 128 are taken");
    token = std::to_string(number);
  } else if (!known->contains(base::parse_number<unsigned>(token).value_or(0))) {
    co_return refuse({"ter:InvalidArgVal", "ter:NoToken"}, "there is no such preset");
  }
  auto request = request_of(call, profile->channel);
  request.params["preset"] = token;
  request.body = boost::json::serialize(boost::json::object{{"name", text_at(call.request, "PresetName")}});
  const auto saved = co_await save_ptz_preset(parts, request);
  if (auto fault = to_outcome(saved)) co_return fault;
  add(call.answer, "tptz:PresetToken", token);
  co_return SoapOutcome();
}

using PresetWork = asio::awaitable<Response> (*)(ServerParts&, Request);

asio::awaitable<SoapOutcome> with_preset(ServerParts& parts, SoapCall& call, PresetWork work) {
  const auto profile = turned(parts, call);
  if (!profile) co_return profile.error();
  auto request = request_of(call, profile->channel);
  request.params["preset"] = text_at(call.request, "PresetToken");
  const auto done = co_await work(parts, request);
  co_return to_outcome(done);
}

}  // namespace

void fill_face_ptz(pugi::xml_node node, const FaceProfile& profile) {
  protocols::begin_entity(node, profile.channel, profile.name, profile.streams);
  add(node, "tt:NodeToken", profile.channel);
  add(node, "tt:DefaultContinuousPanTiltVelocitySpace", plane_space);
  add(node, "tt:DefaultContinuousZoomVelocitySpace", zoom_space);
  add(node, "tt:DefaultPTZTimeout", protocols::xml_duration(longest));
}

protocols::SoapService onvif_ptz_service(ServerParts& p) {
  constexpr auto read = AccessClass::read_media, actuate = AccessClass::actuate;
  const auto shown = [&p](const char* asked, const char* element,
                          void (*fill)(pugi::xml_node, const FaceProfile&)) {
    return [=, &p](SoapCall& c) { return one(p, c, asked, element, fill); };
  };
  protocols::SoapService service{"tptz", onvif_ptz_path, 20, 6, {}};
  service.operations = {
      {"GetServiceCapabilities", AccessClass::pre_auth, service_capabilities},
      {"GetNodes", read, [&p](SoapCall& c) { return list(p, c, "tptz:PTZNode", fill_node); }},
      {"GetNode", read, shown("NodeToken", "tptz:PTZNode", fill_node)},
      {"GetConfigurations", read,
       [&p](SoapCall& c) { return list(p, c, "tptz:PTZConfiguration", fill_face_ptz); }},
      {"GetConfiguration", read, shown("PTZConfigurationToken", "tptz:PTZConfiguration", fill_face_ptz)},
      {"GetConfigurationOptions", read,
       shown("ConfigurationToken", "tptz:PTZConfigurationOptions", fill_options)},
      {"GetStatus", read, {}, {}, {}, [&p](SoapCall& c) { return status(p, c); }},
      {"ContinuousMove", actuate, {}, {}, {}, [&p](SoapCall& c) { return continuous_move(p, c); }},
      {"Stop", actuate, {}, {}, {}, [&p](SoapCall& c) { return stop(p, c); }},
      {"GetPresets", read, {}, {}, {}, [&p](SoapCall& c) { return presets(p, c); }},
      {"SetPreset", actuate, {}, {}, {}, [&p](SoapCall& c) { return set_preset(p, c); }},
      {"GotoPreset", actuate, {}, {}, {}, [&p](SoapCall& c) { return with_preset(p, c, call_ptz_preset); }},
      {"RemovePreset",
       actuate,
       {},
       {},
       {},
       [&p](SoapCall& c) { return with_preset(p, c, remove_ptz_preset); }},
  };
  return service;
}

}  // namespace watchrig::api
