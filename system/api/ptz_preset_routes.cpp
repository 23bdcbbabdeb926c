// Presets, home and auxiliary switches of cameras that can be turned (IVSS 7.1.3.3.1, platform
// manual 1.1.15).
#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/ptz_numbers.hpp"
#include "system/api/ptz_requests.hpp"
#include "system/api/routes.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
namespace json = boost::json;
using base::ErrorKind;
using central::PtzKind;
using devices::PtzHead;
using devices::PtzPreset;
using http::Request;
using http::Response;

namespace {

constexpr std::size_t longest_name = 63;

}  // namespace

asio::awaitable<base::Result<PtzPresets>> ptz_presets_of(ServerParts& parts, std::string channel) {
  PtzDesk::Work<std::vector<PtzPreset>> work = [](PtzHead& head) { return head.presets(); };
  const auto told = co_await parts.ptz.ask<std::vector<PtzPreset>>(channel, work);
  if (!told) co_return told.error();
  co_return numbered(*told, parts.central.ptz_book().entries(channel, PtzKind::preset));
}

namespace {

json::object preset_json(unsigned number, const PtzPreset& preset) {
  return {{"number", number}, {"name", preset.name}};
}

asio::awaitable<Response> list(ServerParts& parts, Request request) {
  const auto channel = request.param("channel");
  const auto presets = co_await ptz_presets_of(parts, channel);
  if (!presets) co_return ptz_refusal(presets.error());
  json::array all;
  for (const auto& [number, preset] : *presets) all.push_back(preset_json(number, preset));
  co_return http::json_response(200, json::object{{"presets", std::move(all)}});
}

/// Another preset's name is refused by some devices only, so it is refused here.
std::optional<central::FieldError> check_name(const PtzPresets& presets, unsigned number,
                                              const std::string& name) {
  for (const auto& [other, preset] : presets) {
    if (other != number && !name.empty() && preset.name == name)
      return central::FieldError{"name",
                                 {ErrorKind::conflict, fmt::format("preset {} has that name", other)}};
  }
  return std::nullopt;
}

asio::awaitable<base::Result<PtzPreset>> find(ServerParts& parts, std::string channel, unsigned number) {
  const auto presets = co_await ptz_presets_of(parts, channel);
  if (!presets) co_return presets.error();
  const auto known = presets->find(number);
  if (known == presets->end())
    co_return base::Error{ErrorKind::not_found, fmt::format("the camera has no preset {}", number)};
  co_return known->second;
}

}  // namespace

asio::awaitable<Response> save_ptz_preset(ServerParts& parts, Request request) {
  const auto number = ptz_number_of(request, "preset");
  if (!number) co_return error_response(number.error());
  BodyFields fields(request);
  const auto name = fields.text("name", "");
  if (name.size() > longest_name || !central::is_printable(name))
    fields.refuse("name", "must have at most 63 bytes that can be printed");
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto channel = request.param("channel");
  const auto presets = co_await ptz_presets_of(parts, channel);
  if (!presets) co_return ptz_refusal(presets.error());
  if (const auto wrong = check_name(*presets, *number, name)) co_return error_response(*wrong);
  const auto known = presets->find(*number);
  const PtzPreset wanted{known == presets->end() ? "" : known->second.token, name};
  PtzDesk::Work<std::string> work = [wanted](PtzHead& head) {
    return head.set_preset(wanted.token, wanted.name);
  };
  const auto order = ptz_order(request, "set-preset");
  const auto token = co_await parts.ptz.command<std::string>(order, work, PtzMovement::stays);
  if (!token) co_return ptz_refusal(token.error());
  const auto kept = parts.central.ptz_book().put(channel, PtzKind::preset, *number, *token);
  if (!kept) co_return http::error_response(kept.error());
  tell_channel(parts, request, "ptz.preset-saved",
               fmt::format("has its position saved as preset {}", *number), {{"preset", *number}});
  co_return http::json_response(200, preset_json(*number, {*token, name}));
}

asio::awaitable<Response> remove_ptz_preset(ServerParts& parts, Request request) {
  const auto number = ptz_number_of(request, "preset");
  if (!number) co_return error_response(number.error());
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto channel = request.param("channel");
  const auto preset = co_await find(parts, channel, *number);
  if (!preset) co_return ptz_refusal(preset.error());
  PtzDesk::Work<void> work = [token = preset->token](PtzHead& head) { return head.remove_preset(token); };
  const auto order = ptz_order(request, "remove-preset");
  const auto done = co_await parts.ptz.command<void>(order, work, PtzMovement::stays);
  if (!done) co_return ptz_refusal(done.error());
  co_return ptz_response(parts.central.ptz_book().remove(channel, PtzKind::preset, *number));
}

asio::awaitable<Response> call_ptz_preset(ServerParts& parts, Request request) {
  const auto number = ptz_number_of(request, "preset");
  if (!number) co_return error_response(number.error());
  BodyFields fields(request);
  const auto speed = read_ptz_speed(fields);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto channel = request.param("channel");
  const auto preset = co_await find(parts, channel, *number);
  if (!preset) co_return ptz_refusal(preset.error());
  PtzDesk::Work<void> work = [token = preset->token, speed](PtzHead& head) {
    return head.go_to_preset(token, speed);
  };
  const auto order = ptz_order(request, "go-to-preset");
  const auto done = co_await parts.ptz.command<void>(order, work, PtzMovement::replaced);
  co_return ptz_response(done);
}

namespace {

asio::awaitable<Response> go_home(ServerParts& parts, Request request) {
  BodyFields fields(request);
  const auto speed = read_ptz_speed(fields);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  PtzDesk::Work<void> work = [speed](PtzHead& head) { return head.go_home(speed); };
  auto done = co_await command_ptz(parts, request, "go-home", work, PtzMovement::replaced);
  co_return done;
}

asio::awaitable<Response> set_home(ServerParts& parts, Request request) {
  PtzDesk::Work<void> work = [](PtzHead& head) { return head.set_home(); };
  auto done = co_await command_ptz(parts, request, "set-home", work, PtzMovement::stays);
  co_return done;
}

asio::awaitable<Response> switch_auxiliary(ServerParts& parts, Request request) {
  BodyFields fields(request);
  fields.require("on");
  const bool on = fields.flag("on", false);
  fields.no_others();
  if (fields.error()) co_return error_response(*fields.error());
  const auto name = request.param("auxiliary");
  PtzDesk::Work<void> work = [name, on](PtzHead& head) -> PtzHead::Answer<> {
    const auto can = co_await head.abilities();
    if (!can) co_return can.error();
    if (std::ranges::find(can->auxiliaries, name) == can->auxiliaries.end())
      co_return base::Error{ErrorKind::not_found, fmt::format("the camera has no auxiliary \"{}\"", name)};
    co_return co_await head.switch_auxiliary(name, on);
  };
  auto done = co_await command_ptz(parts, request, "auxiliary", work, PtzMovement::stays);
  co_return done;
}

}  // namespace

void add_ptz_preset_routes(http::Router& router, ServerParts& parts) {
  const http::Guard guard{"ptz"};
  const std::string path = "/api/v1/channels/{channel}/ptz";
  const auto add = [&](const char* method, const std::string& end, const char* summary,
                       asio::awaitable<Response> (*work)(ServerParts&, Request)) {
    router.add(method, path + end, guard, summary,
               [&parts, work](Request request) { return work(parts, std::move(request)); });
  };
  add("GET", "/presets", "The camera's presets, by number", list);
  add("PUT", "/presets/{preset}", "Keeps where the head points as a preset, 1 to 128, over the one before",
      save_ptz_preset);
  add("DELETE", "/presets/{preset}", "Removes a preset", remove_ptz_preset);
  add("POST", "/presets/{preset}/call", "Leads the head to a preset", call_ptz_preset);
  add("POST", "/home", "Leads the head to its home position", go_home);
  add("PUT", "/home", "Makes where the head points its home position", set_home);
  add("PUT", "/auxiliaries/{auxiliary}", "Switches a wiper, a lamp and the like on or off", switch_auxiliary);
}

}  // namespace watchrig::api
