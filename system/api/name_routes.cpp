// What devices and channels are called, also by the devices themselves (IVSS 8.2.1.1).
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/overlay_layout.hpp"
#include "system/api/pooled_handlers.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/base/log.hpp"
#include "system/devices/onvif/onvif_name.hpp"
#include "system/devices/onvif/onvif_overlays.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using http::Request;
using http::Response;

namespace {

struct Wanted {
  std::string name;
  bool push = false;
};

central::FieldResult<Wanted> wanted_of(const Request& request) {
  BodyFields fields(request);
  Wanted wanted{fields.text("name"), fields.flag("push", false)};
  fields.no_others();
  // A channel would be called as its device, which is not what was asked for.
  if (!central::is_name(wanted.name))
    fields.refuse("name", "must have 1 to 63 bytes and no control characters");
  if (fields.error()) return *fields.error();
  return wanted;
}

/// Who is to get a new name.
struct Named {
  central::DevicePtr device;
  const central::Channel* channel = nullptr;  ///< of the device; null: the device itself
};

base::Result<Named> named_by(const ServerParts& parts, const Request& request) {
  if (request.param("channel").empty()) {
    auto device = parts.central.registry().find(request.param("device"));
    if (!device) return device.error();
    return Named{*device};
  }
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) return found.error();
  return Named{found->device, found->channel};
}

/// Renames it here.
Response rename(ServerParts& parts, const Request& request) {
  const auto wanted = wanted_of(request);
  if (!wanted) return error_response(wanted.error());
  const auto named = named_by(parts, request);
  if (!named) return http::error_response(named.error());
  const json::object body{{"name", wanted->name}};
  const auto changed = parts.central.registry().change(
      named->device->id, [&](central::Device& device) -> central::FieldResult<void> {
        if (!named->channel) return change_device(body, device);
        const auto own = std::ranges::find(device.channels, named->channel->id, &central::Channel::id);
        if (own != device.channels.end()) return change_channel(body, *own);
        return central::FieldError{{}, {base::ErrorKind::not_found, "the channel is gone"}};
      });
  if (!changed) return error_response(changed.error());
  restart_channels(parts, *changed);
  tell_device_change(parts, request, *changed,
                     fmt::format("{} called \"{}\" from now on",
                                 named->channel ? "has a channel that is" : "is", wanted->name));
  return http::json_response(200, json::object{{"name", wanted->name}});
}

/// Has the device write the new name of a channel where it wrote the old one. Whether it did.
asio::awaitable<base::Result<bool>> push_title(ServerParts& parts, StreamContact contact, std::string before,
                                               std::string name) {
  const auto channel = contact.choice.channel;
  const auto state = co_await devices::read_overlays(parts.clock, contact.device, channel);
  if (!state) co_return state.error();
  if (!OverlayLayout::of(*state, before).name) co_return false;
  devices::OverlayPlan plan = [before, name](const devices::OverlayState& now) {
    return base::Result<std::vector<devices::PictureOverlay>>(renamed_overlays(now, before, name));
  };
  const auto changed = co_await devices::change_overlays(parts.clock, contact.device, channel, plan);
  if (!changed) co_return changed.error();
  co_return true;
}

/// Tells the device; what it took the names by, and what it refused.
asio::awaitable<Response> push(ServerParts& parts, Request request, Named before, std::string name) {
  json::array taken;
  std::string refused;
  const auto note = [&refused](const base::Error& error) { refused = device_failure(error).message; };
  const auto& device = *before.device;
  if (!before.channel) {
    auto contact = onvif_contact(parts.central, device, device.streams.at("main"), trace_name(request));
    if (!contact) co_return http::error_response(contact.error());
    const auto pushed = co_await devices::push_name(parts.clock, *std::move(contact), name);
    if (pushed) taken.push_back(json::value(*pushed));
    if (!pushed) note(pushed.error());
  }
  for (const auto& channel : device.channels) {
    // A device's only channel is called as the device itself, until somebody names it otherwise.
    const auto now = parts.central.registry().find_channel(channel.id);
    if (!now || now->channel->name == channel.name) continue;
    auto contact = stream_contact(parts.central, device, channel, "main", trace_name(request));
    if (!contact) continue;
    const auto title = co_await push_title(parts, *std::move(contact), channel.name, now->channel->name);
    if (title && *title) taken.push_back("overlay");
    if (!title && refused.empty()) note(title.error());
  }
  if (!taken.empty()) {
    tell_device(parts, "device.name-pushed", request, device,
                fmt::format("was told to be called \"{}\"", name));
  }
  json::object answer{{"name", name}, {"pushed", std::move(taken)}};
  if (!refused.empty()) answer["refused"] = refused;
  co_return http::json_response(200, std::move(answer));
}

asio::awaitable<Response> set_name(ServerParts& parts, http::Handler rename_here, Request request) {
  const auto wanted = wanted_of(request);
  if (!wanted) co_return error_response(wanted.error());
  const auto before = named_by(parts, request);
  if (!before) co_return http::error_response(before.error());
  if (wanted->push) {
    // Refused before anything is renamed where there is nobody who could be told.
    const auto contact = onvif_contact(parts.central, *before->device, before->device->streams.at("main"));
    if (!contact) co_return http::error_response(contact.error(), "push");
  }
  auto renamed = co_await rename_here(request);
  if (renamed.status != 200 || !wanted->push) co_return renamed;
  co_return co_await push(parts, std::move(request), *before, wanted->name);
}

}  // namespace

void add_name_routes(http::Router& router, ServerParts& parts) {
  const auto set = [&parts, here = on_workers(parts, rename)](Request request) {
    return set_name(parts, here, std::move(request));
  };
  router.add(
      "PUT", "/api/v1/devices/{device}/name", {"devices"},
      "Calls a device otherwise, with \"push\" also by the device itself: \"pushed\" is by what it took "
      "the name (scope or hostname, and overlay for that of its channel)",
      set);
  router.add("PUT", "/api/v1/channels/{channel}/name", {"devices"},
             "Calls a channel otherwise, with \"push\" also in the pictures, where its name is written there",
             set);
}

}  // namespace watchrig::api
