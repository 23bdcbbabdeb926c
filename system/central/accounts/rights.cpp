#include "system/central/accounts/rights.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/central/devices/device.hpp"

namespace watchrig::central {

namespace json = boost::json;
using base::ErrorKind;

namespace {

struct Known {
  Authority authority;
  std::string_view name;
  std::string_view category;
  Scope scope;
};
constexpr Known known[] = {{Authority::live, "live", "monitoring", Scope::channels},
                           {Authority::playback, "playback", "monitoring", Scope::channels},
                           {Authority::download, "download", "monitoring", Scope::channels},
                           {Authority::record, "record", "management", Scope::channels},
                           {Authority::events, "events", "management", Scope::channels},
                           {Authority::devices, "devices", "management", Scope::areas},
                           {Authority::accounts, "accounts", "management", Scope::server},
                           {Authority::system, "system", "management", Scope::server},
                           {Authority::logs, "logs", "management", Scope::server},
                           {Authority::security, "security", "management", Scope::server},
                           {Authority::ptz, "ptz", "monitoring", Scope::channels},
                           {Authority::outputs, "outputs", "monitoring", Scope::areas}};
constexpr std::size_t most_places = 10'000;

const Known& about(Authority authority) { return known[static_cast<std::size_t>(authority)]; }

FieldResult<std::optional<Reach>> reach_from(const std::string& field, const json::value& value) {
  const auto refuse = [&](std::string message) {
    return FieldError{field, {ErrorKind::invalid, std::move(message)}};
  };
  if (value.is_bool() && value.get_bool()) return std::optional<Reach>();
  if (!value.is_array()) return refuse("must be true, or a list of areas and channels");
  Reach reach;
  for (const auto& place : value.get_array()) {
    const std::string_view id = place.is_string() ? std::string_view(place.get_string()) : std::string_view();
    if (const auto area = number_of_id(id, 'a'); area >= 0) {
      reach.areas.insert(area);
    } else if (number_of_id(id, 'c') >= 0) {
      reach.channels.emplace(id);
    } else {
      return refuse("an area is a text such as \"a1\", a channel such as \"c1\"");
    }
  }
  const auto places = reach.areas.size() + reach.channels.size();
  if (places == 0) return refuse("names no area and no channel: leave it out");
  if (places > most_places) return refuse(fmt::format("names more than {} areas and channels", most_places));
  return std::optional(std::move(reach));
}

FieldResult<void> check_scope(const std::string& field, const Known& one, const std::optional<Reach>& reach) {
  if (!reach || one.scope == Scope::channels) return {};
  if (one.scope == Scope::areas && reach->channels.empty()) return {};
  return FieldError{field,
                    {ErrorKind::invalid, fmt::format("{} cannot be narrowed to {}", one.name,
                                                     one.scope == Scope::areas ? "channels" : "anything")}};
}

bool meets(const std::vector<std::int64_t>& path, const Areas& areas) {
  return std::ranges::any_of(path, [&](std::int64_t area) { return areas.contains(area); });
}

}  // namespace

std::vector<Authority> all_authorities() {
  std::vector<Authority> list;
  for (const Known& one : known) list.push_back(one.authority);
  return list;
}

std::string_view to_string(Authority authority) { return about(authority).name; }

std::optional<Authority> authority_from(std::string_view text) {
  const auto* found = std::ranges::find(known, text, &Known::name);
  return found == std::end(known) ? std::nullopt : std::optional(found->authority);
}

Scope scope_of(Authority authority) { return about(authority).scope; }

FieldResult<Grants> grants_from(const json::object& object) {
  Grants grants;
  for (const auto& [name, value] : object) {
    const std::string field = fmt::format("authorities.{}", std::string_view(name));
    auto reach = reach_from(field, value);
    if (!reach) return reach.error();
    bool any = false;
    for (const Known& one : known) {
      if (one.name != std::string_view(name) && one.category != std::string_view(name)) continue;
      any = true;
      if (auto checked = check_scope(field, one, *reach); !checked) return checked.error();
      grants[one.authority] = *reach;
    }
    if (!any) {
      std::vector<std::string> names;
      for (const Known& one : known) names.emplace_back(one.name);
      return FieldError{field,
                        {ErrorKind::invalid, fmt::format("there is no such authority; there are {}, and for "
                                                         "several monitoring, management",
                                                         base::joined(names, ", "))}};
    }
  }
  return grants;
}

json::object to_json(const Grants& grants) {
  json::object object;
  for (const auto& [authority, reach] : grants) {
    if (!reach) {
      object[to_string(authority)] = true;
      continue;
    }
    json::array places;
    for (const auto area : reach->areas) places.emplace_back(fmt::format("a{}", area));
    for (const auto& channel : reach->channels) places.emplace_back(channel);
    object[to_string(authority)] = std::move(places);
  }
  return object;
}

Rights::Rights(Grants grants, Areas range, AreaPaths paths)
    : grants_(std::move(grants)), range_(std::move(range)), paths_(std::move(paths)) {}

bool Rights::may(Authority authority, const std::string& channel) const {
  if (everything_) return true;
  const auto it = grants_.find(authority);
  if (it == grants_.end()) return false;
  const auto& reach = it->second;
  if (range_.empty() && (!reach || reach->channels.contains(channel))) return true;
  if (!paths_.of_channel || (range_.empty() && reach->areas.empty())) return false;
  const auto path = paths_.of_channel(channel);
  return (range_.empty() || meets(path, range_)) &&
         (!reach || reach->channels.contains(channel) || meets(path, reach->areas));
}

bool Rights::may_in(Authority authority, std::int64_t area) const {
  if (may_everywhere(authority)) return true;
  const auto it = grants_.find(authority);
  if (it == grants_.end() || !paths_.of_area) return false;
  const auto path = paths_.of_area(area);
  return (range_.empty() || meets(path, range_)) && (!it->second || meets(path, it->second->areas));
}

bool Rights::may_everywhere(Authority authority) const {
  const auto it = grants_.find(authority);
  return everything_ ||
         (it != grants_.end() && !it->second && (range_.empty() || scope_of(authority) == Scope::server));
}

bool Rights::sees_area(std::int64_t area) const {
  return everything_ || std::ranges::any_of(grants_, [&](const auto& grant) {
           return scope_of(grant.first) != Scope::server && may_in(grant.first, area);
         });
}

bool Rights::sees(const std::string& channel) const {
  return everything_ || std::ranges::any_of(grants_, [&](const auto& grant) {
           return scope_of(grant.first) != Scope::server && may(grant.first, channel);
         });
}

}  // namespace watchrig::central
