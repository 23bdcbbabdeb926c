#include "system/central/accounts/rights.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace watchrig::central {

namespace json = boost::json;
using base::ErrorKind;

namespace {

struct Known {
  Authority authority;
  std::string_view name;
  std::string_view category;
  bool of_channels;
};
constexpr Known known[] = {{Authority::live, "live", "monitoring", true},
                           {Authority::playback, "playback", "monitoring", true},
                           {Authority::download, "download", "monitoring", true},
                           {Authority::record, "record", "management", true},
                           {Authority::events, "events", "management", true},
                           {Authority::devices, "devices", "management", false},
                           {Authority::accounts, "accounts", "management", false},
                           {Authority::system, "system", "management", false},
                           {Authority::logs, "logs", "management", false},
                           {Authority::security, "security", "management", false}};
constexpr std::size_t most_channels = 10'000;

const Known& about(Authority authority) { return known[static_cast<std::size_t>(authority)]; }

using Channels = std::optional<std::set<std::string>>;

FieldResult<Channels> channels_from(const std::string& field, const json::value& value) {
  const auto refuse = [&](std::string message) {
    return FieldError{field, {ErrorKind::invalid, std::move(message)}};
  };
  if (value.is_bool() && value.get_bool()) return Channels();
  if (!value.is_array()) return refuse("must be true, or a list of channels");
  std::set<std::string> channels;
  for (const auto& channel : value.get_array()) {
    if (!channel.is_string()) return refuse("a channel is a text such as \"c1\"");
    channels.emplace(channel.get_string());
  }
  if (channels.empty()) return refuse("names no channel: leave it out");
  if (channels.size() > most_channels)
    return refuse(fmt::format("names more than {} channels", most_channels));
  return Channels(std::move(channels));
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

bool is_of_channels(Authority authority) { return about(authority).of_channels; }

FieldResult<Grants> grants_from(const json::object& object) {
  Grants grants;
  for (const auto& [name, value] : object) {
    const std::string field = fmt::format("authorities.{}", std::string_view(name));
    auto channels = channels_from(field, value);
    if (!channels) return channels.error();
    bool any = false;
    for (const Known& one : known) {
      if (one.name != std::string_view(name) && one.category != std::string_view(name)) continue;
      any = true;
      if (*channels && !one.of_channels) {
        return FieldError{field,
                          {ErrorKind::invalid, fmt::format("{} cannot be narrowed to channels", one.name)}};
      }
      grants[one.authority] = *channels;
    }
    if (!any) {
      return FieldError{field,
                        {ErrorKind::invalid,
                         "there is no such authority; there are live, playback, download, record, "
                         "events, devices, accounts, and for several monitoring, management"}};
    }
  }
  return grants;
}

json::object to_json(const Grants& grants) {
  json::object object;
  for (const auto& [authority, channels] : grants) {
    if (channels) {
      object[to_string(authority)] = json::array(channels->begin(), channels->end());
    } else {
      object[to_string(authority)] = true;
    }
  }
  return object;
}

bool Rights::may(Authority authority, const std::string& channel) const {
  if (everything_) return true;
  const auto it = grants_.find(authority);
  return it != grants_.end() && (!it->second || it->second->contains(channel));
}

bool Rights::may_everywhere(Authority authority) const {
  const auto it = grants_.find(authority);
  return everything_ || (it != grants_.end() && !it->second);
}

bool Rights::sees(const std::string& channel) const {
  if (everything_ || grants_.contains(Authority::devices)) return true;
  return std::ranges::any_of(
      grants_, [&](const auto& grant) { return is_of_channels(grant.first) && may(grant.first, channel); });
}

}  // namespace watchrig::central
