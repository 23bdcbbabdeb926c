#include "simulators/camera/personalities/quirks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::camera {

using base::Error;
using base::ErrorKind;
using std::chrono::seconds;

namespace {

enum class Takes { nothing, time, signed_time, count };

struct Known {
  std::string_view name;
  Takes takes = Takes::nothing;
  base::Duration time{};    ///< unless another is given
  std::uint64_t count = 0;  ///< likewise
  bool onvif = false;
};
// A new one is a line here, its name in the header, and the place that asks for it.
constexpr Known known[] = {
    // Is forgotten at that age, whatever is renewed.
    {quirks::pull_point_dies, Takes::time, seconds(10), 0, true},
    // Renews until a time, not for a duration.
    {quirks::relative_renew_refused, Takes::nothing, {}, 0, true},
    // Has no Renew.
    {quirks::renew_refused, Takes::nothing, {}, 0, true},
    // Names a host that nobody reaches.
    {quirks::wrong_subscription_address, Takes::nothing, {}, 0, true},
    // Tells all states anew with each pull, at once.
    {quirks::initialized_repeated, Takes::nothing, {}, 0, true},
    // What happens to any of its inputs it tells as of the first.
    {quirks::events_on_one_channel, Takes::nothing, {}, 0, true},
    // Its encoders can do what no encoder can.
    {quirks::absurd_encoder_options, Takes::nothing, {}, 0, true},
    // Tells the oldest and newest of its recording, and not what is missing between.
    {quirks::hole_search_refused, Takes::nothing, {}, 0, true},
    // Lists what it has recorded of its last input first.
    {quirks::recordings_reversed, Takes::nothing, {}, 0, true},
    // Answers each question by SOAP with entities that grow without end,
    {quirks::soap_bomb, Takes::nothing, {}, 0, true},
    // or with 20,000 elements in each other,
    {quirks::soap_deep, Takes::nothing, {}, 0, true},
    // or with 8 MiB.
    {quirks::soap_huge, Takes::nothing, {}, 0, true},
    // Sends whoever asks, by SOAP or RTSP, to itself.
    {quirks::redirect_loop},
    // Ends every session at that age.
    {quirks::session_dies, Takes::time, seconds(14)},
    // Sends nothing any more from that age on, and stays connected.
    {quirks::session_goes_silent, Takes::time, seconds(14)},
    // Has room for two sessions, and holds those that have ended for that long.
    {quirks::teardown_ignored, Takes::time, seconds(60)},
    // Forgets a session after that time but for GET_PARAMETER, which it does not offer.
    {quirks::keep_alive_by_get_parameter, Takes::time, seconds(60)},
    // Forgets a session after that time but for OPTIONS; GET_PARAMETER is offered and answered with 501.
    {quirks::get_parameter_refused, Takes::time, seconds(60)},
    // The same, and GET_PARAMETER ends the connection.
    {quirks::get_parameter_closes, Takes::time, seconds(60)},
    // Digest as RFC 2069 has it.
    {quirks::digest_without_qop},
    // A nonce is good for so many requests.
    {quirks::digest_stale_each, Takes::count, {}, 1},
    // So many right passwords are refused after the start.
    {quirks::unauthorized_storm, Takes::count, {}, 3},
    // The description has no parameter sets.
    {quirks::sdp_without_parameters},
    // It does not say by which address its tracks are set up.
    {quirks::sdp_without_control},
    // Its addresses name a host that nobody reaches, as behind address translation.
    {quirks::sdp_foreign_host},
    // It has video at 8000 Hz.
    {quirks::sdp_wrong_clock},
    // It has lines of no standard.
    {quirks::sdp_unknown_lines},
    // Content-Base has a path that there is not.
    {quirks::content_base_wrong},
    // No sender reports.
    {quirks::no_rtcp},
    // The clock of the sender reports is that much ahead.
    {quirks::rtcp_clock_wrong, Takes::signed_time, seconds(3600)},
    // No packet says that it is the last of its picture.
    {quirks::no_marker},
    // Timestamps leap, minutes forwards or back, each time so much time has passed.
    {quirks::timestamp_jumps, Takes::time, seconds(5)},
    // Moves on until it is told to stop.
    {quirks::ptz_timeout_ignored, Takes::nothing, {}, 0, true},
    // Keeps its address and its ports, and says so.
    {quirks::address_refused, Takes::nothing, {}, 0, true},
    // Takes another address, and stays where it is.
    {quirks::address_ignored, Takes::nothing, {}, 0, true},
    // Takes another address, and is seen nowhere any more.
    {quirks::address_lost, Takes::nothing, {}, 0, true},
};

base::Result<void> read(std::string_view text, Takes takes, base::Duration& time, std::uint64_t& count) {
  const Error wrong{ErrorKind::invalid, fmt::format("\"{}\" is no value for it", text)};
  if (takes == Takes::nothing) return wrong;
  if (takes == Takes::count) {
    const auto number = base::parse_number<std::uint64_t>(text);
    if (!number || *number < 1 || *number > 1000) return wrong;
    count = *number;
    return {};
  }
  const bool negative = takes == Takes::signed_time && text.starts_with('-');
  const auto given = base::parse_duration(negative ? text.substr(1) : text);
  if (!given || *given <= base::Duration::zero()) return wrong;
  time = negative ? -*given : *given;
  return {};
}

}  // namespace

base::Result<Quirks> Quirks::parse(std::string_view text) {
  Quirks quirks;
  if (text.empty()) return quirks;
  for (const auto part : base::split(text, ',')) {
    const auto trimmed = base::trim(part);
    const auto [name, value] = base::split_once(trimmed, '=');
    const auto* one = std::ranges::find(known, name, &Known::name);
    if (one == std::end(known)) {
      return Error{ErrorKind::invalid, fmt::format("there is no quirk \"{}\"; there are {}", name,
                                                   base::joined(known, ", ", &Known::name))};
    }
    Value chosen{one->time, one->count};
    if (trimmed.find('=') != trimmed.npos) {
      if (auto done = read(value, one->takes, chosen.time, chosen.count); !done)
        return std::move(done).error().within(name);
    }
    quirks.chosen_[std::string(name)] = chosen;
  }
  return quirks;
}

std::optional<base::Duration> Quirks::time(std::string_view name) const {
  const auto found = chosen_.find(name);
  return found == chosen_.end() ? std::nullopt : std::optional(found->second.time);
}

std::uint64_t Quirks::count(std::string_view name) const {
  const auto found = chosen_.find(name);
  return found == chosen_.end() ? 0 : found->second.count;
}

std::string_view Quirks::needs_onvif() const {
  for (const auto& one : known) {
    if (one.onvif && has(one.name)) return one.name;
  }
  return {};
}

}  // namespace watchrig::camera
