// How cameras make their pictures: brightness, hue, contrast and so on (platform manual 1.1.16).
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/device_requests.hpp"
#include "system/api/request_fields.hpp"
#include "system/api/request_trace.hpp"
#include "system/api/routes.hpp"
#include "system/devices/onvif/onvif_imaging.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using devices::PictureState;
using devices::PictureWishes;
using http::Request;
using http::Response;

namespace {

json::object setting_json(const devices::PictureSetting& setting) {
  json::object object{{"supported", devices::to_string(setting.ability)}};
  if (setting.ability == devices::Ability::no) return object;
  if (setting.number) object["value"] = *setting.number;
  if (!setting.mode.empty()) object["value"] = setting.mode;
  if (setting.range) {
    object["min"] = setting.range->min;
    object["max"] = setting.range->max;
  }
  if (!setting.modes.empty()) object["modes"] = json::array(setting.modes.begin(), setting.modes.end());
  return object;
}

/// For the log: the values alone.
json::object values_of(const PictureState& state) {
  json::object values;
  for (const auto& setting : state.settings) {
    const auto object = setting_json(setting);
    if (const auto* value = object.if_contains("value")) values[setting.name] = *value;
  }
  return values;
}

json::object state_json(const PictureState& state) {
  json::object settings;
  for (const auto& setting : state.settings) settings[setting.name] = setting_json(setting);
  return {{"supported", devices::to_string(state.ability)}, {"settings", std::move(settings)}};
}

/// Which names there are depends on no device, so an unknown one is refused before it is asked.
central::FieldResult<PictureWishes> wishes_of(const Request& request) {
  BodyFields fields(request);
  PictureWishes wishes;
  const auto known = devices::read_picture_state({}, {});
  for (const auto& setting : known.settings) {
    if (!fields.member(setting.name)) continue;
    auto& wish = wishes[setting.name];
    if (setting.has_modes) {
      wish.mode = fields.text(setting.name, "");
    } else {
      wish.number = fields.real(setting.name, 0);
    }
  }
  fields.no_others();
  if (fields.error()) return *fields.error();
  return wishes;
}

asio::awaitable<Response> show(ServerParts& parts, Request request) {
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) co_return http::error_response(found.error());
  const auto contact =
      stream_contact(parts.central, *found->device, *found->channel, "main", trace_name(request));
  if (!contact) co_return http::error_response(contact.error());
  const auto state = co_await devices::read_picture(parts.clock, contact->device, found->channel->number);
  if (!state) co_return http::error_response(device_failure(state.error()));
  co_return http::json_response(200, state_json(*state));
}

asio::awaitable<Response> change(ServerParts& parts, Request request) {
  const auto wishes = wishes_of(request);
  if (!wishes) co_return error_response(wishes.error());
  const auto found = parts.central.registry().find_channel(request.param("channel"));
  if (!found) co_return http::error_response(found.error());
  const auto contact =
      stream_contact(parts.central, *found->device, *found->channel, "main", trace_name(request));
  if (!contact) co_return http::error_response(contact.error());
  const auto result =
      co_await devices::change_picture(parts.clock, contact->device, found->channel->number, *wishes);
  if (!result) co_return http::error_response(device_failure(result.error()));
  if (const auto& refusal = result->refusal) {
    co_return error_response(central::FieldError{
        refusal->name, {base::ErrorKind::invalid, fmt::format("{}: {}", refusal->name, refusal->reason)}});
  }
  tell_device_setting(parts, "device.picture-changed", request, *found->device,
                      fmt::format("makes the pictures of channel \"{}\" otherwise", found->channel->name),
                      values_of(result->before), values_of(result->state));
  co_return http::json_response(200, state_json(result->state));
}

}  // namespace

void add_imaging_routes(http::Router& router, ServerParts& parts) {
  // Below the controls of the head, and by those who may use them.
  const http::Guard guard{"ptz"};
  constexpr const char* path = "/api/v1/channels/{channel}/imaging";
  router.add(
      "GET", path, guard,
      "How the camera makes its pictures, in its own scales: brightness, contrast, hue, exposure, focus "
      "and so on, each with what there is to choose",
      [&parts](Request request) { return show(parts, std::move(request)); });
  router.add("PATCH", path, guard, "Has the camera make its pictures otherwise; what is not named stays",
             [&parts](Request request) { return change(parts, std::move(request)); });
}

}  // namespace watchrig::api
