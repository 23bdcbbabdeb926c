#include "system/api/ptz_requests.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/api/device_audit.hpp"
#include "system/api/device_contact.hpp"
#include "system/api/request_trace.hpp"
#include "system/base/text.hpp"

namespace watchrig::api {

namespace asio = boost::asio;
using base::ErrorKind;
using central::FieldError;
using central::FieldResult;
using devices::PtzVector;
using http::Request;
using http::Response;

namespace {

struct Direction {
  std::string_view name;
  PtzVector vector;
};
constexpr Direction directions[] = {
    {"left", {-1, 0, {}}},       {"right", {1, 0, {}}},         {"up", {0, 1, {}}},
    {"down", {0, -1, {}}},       {"up-left", {-1, 1, {}}},      {"up-right", {1, 1, {}}},
    {"down-left", {-1, -1, {}}}, {"down-right", {1, -1, {}}},   {"zoom-in", {{}, {}, 1}},
    {"zoom-out", {{}, {}, -1}},  {"focus-near", {.focus = -1}}, {"focus-far", {.focus = 1}},
    {"iris-open", {.iris = 1}},  {"iris-close", {.iris = -1}}};

/// Administrators come before all, then the groups of the settings, in their order; ONVIF clients behind all.
int rank_of(const ServerParts& parts, const std::string& account) {
  if (account.starts_with("onvif:")) return -1;
  const auto rights = parts.central.accounts().rights(account);
  const auto groups = parts.central.settings().values("ptz").values.at("precedence").as_array();
  const int highest = static_cast<int>(groups.size()) + 1;
  if (rights && rights->is_everything()) return highest;
  const auto users = parts.central.accounts().users();
  const auto user = std::ranges::find(users, account, &central::User::name);
  if (user == users.end()) return 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].as_string() == user->group) return highest - 1 - static_cast<int>(i);
  }
  return 0;
}

}  // namespace

double read_ptz_speed(FieldReader& fields) {
  const auto speed = fields.number("speed", fastest_ptz);
  if (speed < slowest_ptz || speed > fastest_ptz) fields.refuse("speed", "must be 1 to 8");
  return static_cast<double>(std::clamp<std::int64_t>(speed, slowest_ptz, fastest_ptz)) / fastest_ptz;
}

FieldResult<unsigned> ptz_number_of(const Request& request, const std::string& name) {
  const auto number = base::parse_number<unsigned>(request.param(name));
  if (!number || *number == 0)
    return FieldError{name, {ErrorKind::invalid, fmt::format("{} must be a number from 1", name)}};
  if (*number > central::PtzBook::most) {
    return FieldError{
        name, {ErrorKind::full, fmt::format("{}: a channel has at most {}", name, central::PtzBook::most)}};
  }
  return *number;
}

PtzVector read_ptz_direction(FieldReader& fields) {
  const auto name = fields.text("direction");
  const auto* found = std::ranges::find(directions, name, &Direction::name);
  if (found != std::end(directions)) return found->vector;
  std::vector<std::string_view> names;
  for (const auto& one : directions) names.push_back(one.name);
  fields.refuse("direction", "must be one of " + base::joined(names, ", "));
  return {};
}

asio::awaitable<std::optional<Response>> take_ptz(ServerParts& parts, Request request) {
  const auto channel = request.param("channel");
  PtzDesk::Work<devices::PtzAbilities> question = [](devices::PtzHead& head) { return head.abilities(); };
  const auto can = co_await parts.ptz.ask<devices::PtzAbilities>(channel, question);
  if (!can) co_return ptz_refusal(can.error());
  if (can->continuous == devices::Ability::no && can->absolute == devices::Ability::no &&
      can->zoom == devices::Ability::no && can->focus != devices::Ability::yes &&
      can->iris != devices::Ability::yes) {
    co_return ptz_refusal({ErrorKind::unsupported, "the camera has no head that could be turned"});
  }
  const central::PtzOperator who{request.account, request.session, rank_of(parts, request.account)};
  const auto hold = std::chrono::seconds(parts.central.settings().number("ptz", "hold"));
  const auto taken = parts.central.ptz_claims().take(channel, who, hold);
  if (!taken) co_return http::error_response(taken.error());
  if (taken->from) {
    tell_channel(parts, request, "ptz.taken-over",
                 fmt::format("was taken over by \"{}\" from \"{}\"", who.account, taken->from->account),
                 {{"from", taken->from->account}});
    // What the other had it do goes on for no longer.
    auto order = ptz_order(request, "stop");
    co_await parts.ptz.stop(std::move(order));
  } else if (taken->begun) {
    tell_channel(parts, request, "ptz.taken", fmt::format("is steered by \"{}\"", who.account));
  }
  co_return std::nullopt;
}

asio::awaitable<Response> command_ptz(ServerParts& parts, Request request, std::string command,
                                      PtzDesk::Work<void> work, PtzMovement movement) {
  const auto refused = co_await take_ptz(parts, request);
  if (refused) co_return *refused;
  const auto order = ptz_order(request, std::move(command));
  const auto done = co_await parts.ptz.command<void>(order, work, movement);
  co_return ptz_response(done);
}

PtzOrder ptz_order(const Request& request, std::string command) {
  return {request.param("channel"), std::move(command), trace_name(request)};
}

Response ptz_refusal(const base::Error& error) {
  if (error.kind == ErrorKind::full) return http::error_response(error);
  return http::error_response(device_failure(error));
}

Response ptz_response(const base::Result<>& done) {
  return done ? http::no_content() : ptz_refusal(done.error());
}

}  // namespace watchrig::api
