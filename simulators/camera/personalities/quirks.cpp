#include "simulators/camera/personalities/quirks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::camera {

using base::Error;
using base::ErrorKind;

namespace {

struct Known {
  std::string_view name;
  base::Duration time;  ///< unless another is given; zero: it has none
};
// A new one is a line here, its name in the header, and the place that asks for it.
constexpr Known known[] = {
    {quirks::pull_point_dies, std::chrono::seconds(10)},  // is forgotten at that age, whatever is renewed
    {quirks::relative_renew_refused, {}},                 // renews until a time, not for a duration
    {quirks::renew_refused, {}},                          // has no Renew
    {quirks::wrong_subscription_address, {}},             // names a host that nobody reaches
    {quirks::initialized_repeated, {}},                   // tells all states anew with each pull, at once
};

}  // namespace

base::Result<Quirks> Quirks::parse(std::string_view text) {
  Quirks quirks;
  if (text.empty()) return quirks;
  for (const auto part : base::split(text, ',')) {
    const auto [name, time] = base::split_once(base::trim(part), '=');
    const auto* one = std::ranges::find(known, name, &Known::name);
    if (one == std::end(known)) {
      return Error{ErrorKind::invalid, fmt::format("there is no quirk \"{}\"; there are {}", name,
                                                   base::joined(known, ", ", &Known::name))};
    }
    auto lasts = one->time;
    if (!time.empty()) {
      const auto given = base::parse_duration(time);
      if (!given || lasts == base::Duration::zero())
        return Error{ErrorKind::invalid, fmt::format("{}: \"{}\" is no time for it", name, time)};
      lasts = *given;
    }
    quirks.chosen_[std::string(name)] = lasts;
  }
  return quirks;
}

std::optional<base::Duration> Quirks::time(std::string_view name) const {
  const auto found = chosen_.find(name);
  return found == chosen_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace watchrig::camera
