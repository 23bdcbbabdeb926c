// What cameras write into their pictures (IVSS 8.2.2.2.4).
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/overlay_layout.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/devices/onvif/onvif_overlays.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using devices::OverlayState;
using http::Request;
using http::Response;

namespace {

struct Asked {
  central::DevicePtr device;
  central::Channel channel;
  devices::OnvifClient::Options contact;
};

base::Result<Asked> asked_channel(ServerParts& parts, const Request& request) {
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) return found.error();
  auto contact = stream_contact(parts.central, *found->device, *found->channel, "main", trace_name(request));
  if (!contact) return contact.error();
  return Asked{found->device, *found->channel, std::move(contact->device)};
}

json::object state_json(const OverlayState& state, const std::string& channel_name) {
  auto object = to_json(OverlayLayout::of(state, channel_name));
  object["supported"] = devices::to_string(state.ability);
  object["anywhere"] = state.anywhere;
  json::object limits;
  for (const auto& [name, most] :
       {std::pair{"lines", state.most}, {"texts", state.most_texts}, {"times", state.most_times}}) {
    if (most >= 0) limits[name] = most;
  }
  object["limits"] = std::move(limits);
  return object;
}

asio::awaitable<Response> show(ServerParts& parts, Request request) {
  const auto asked = asked_channel(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  const auto state = co_await devices::read_overlays(parts.clock, asked->contact, asked->channel.number);
  if (!state) co_return http::error_response(device_failure(state.error()));
  co_return http::json_response(200, state_json(*state, asked->channel.name));
}

asio::awaitable<Response> change(ServerParts& parts, Request request) {
  const BodyFields fields(request);
  if (fields.error()) co_return error_response(*fields.error());
  const auto wishes = OverlayWishes::read(fields.body());
  if (!wishes) co_return error_response(wishes.error());
  const auto asked = asked_channel(parts, request);
  if (!asked) co_return http::error_response(asked.error());
  const auto& name = asked->channel.name;
  json::object before;
  devices::OverlayPlan plan = [&wishes, &name, &before](const OverlayState& state) {
    before = to_json(OverlayLayout::of(state, name));
    return base::Result<std::vector<devices::PictureOverlay>>(wishes->applied(state, name));
  };
  const auto state =
      co_await devices::change_overlays(parts.clock, asked->contact, asked->channel.number, plan);
  if (!state) {
    const bool too_many = state.error().kind == base::ErrorKind::invalid;
    co_return http::error_response(device_failure(state.error()), too_many ? "texts" : "");
  }
  tell_device_setting(parts, "device.overlays-changed", request, *asked->device,
                      fmt::format("writes otherwise into the pictures of channel \"{}\"", name), before,
                      to_json(OverlayLayout::of(*state, name)));
  co_return http::json_response(200, state_json(*state, name));
}

}  // namespace

void add_overlay_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"devices"};
  constexpr const char* path = "/api/v1/channels/{channel}/overlays";
  router.add("GET", path, guard,
             "What the device writes into the pictures: the channel's name, the time, texts; x and y are of "
             "the left upper corner, 0 to 1 from that of the picture",
             [&parts](Request request) { return show(parts, std::move(request)); });
  router.add("PATCH", path, guard,
             "Has the device write otherwise into the pictures; \"texts\" replaces all of them",
             [&parts](Request request) { return change(parts, std::move(request)); });
}

}  // namespace watchrig::api
