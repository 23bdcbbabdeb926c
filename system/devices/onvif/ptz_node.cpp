#include "system/devices/onvif/ptz_node.hpp"

#include <algorithm>

#include "system/base/text.hpp"

namespace watchrig::devices {

namespace asio = boost::asio;
using protocols::add;
using protocols::child;
using protocols::children;
using protocols::text_at;

namespace {

/// A profile that is bound to a head, and that head's node.
struct Bound {
  std::string profile, node;
};

/// Of the channel's profiles the main one, or else any that has a head.
std::optional<Bound> bound_profile(pugi::xml_node answer, const OnvifMedia& media, const OnvifProfile& main) {
  std::optional<Bound> found;
  for (const auto& profile : children(answer, "Profiles")) {
    const auto set = child(profile, "Configurations");  // version 2
    const auto configuration = set ? child(set, "PTZ") : child(profile, "PTZConfiguration");
    const std::string token = profile.attribute("token").value();
    const auto known = std::ranges::find(media.profiles, token, &OnvifProfile::token);
    if (!configuration || known == media.profiles.end() || known->source != main.source) continue;
    if (!found || token == main.token) found = Bound{token, text_at(configuration, "NodeToken")};
  }
  return found;
}

Ability ability(bool has) { return has ? Ability::yes : Ability::no; }

int count_at(pugi::xml_node node, std::string_view path) {
  const auto count = base::parse_number<int>(text_at(node, path)).value_or(-1);
  return count >= 0 && count <= 65535 ? count : -1;
}

Ability ability_of_count(int count) { return count < 0 ? Ability::unknown : ability(count > 0); }

/// "tt:Wiper|On" and "tt:Wiper|Off" -> "Wiper".
std::vector<std::string> auxiliaries_of(pugi::xml_node node) {
  constexpr std::size_t most = 64;
  std::vector<std::string> names;
  for (const auto& command : children(node, "AuxiliaryCommands")) {
    const std::string text = protocols::one_line(std::string(base::trim(command.text().get())), most);
    const auto bar = text.find('|');
    if (bar == std::string::npos || text.substr(bar + 1) != "On") continue;
    const auto colon = text.find(':');
    const auto name = colon < bar ? text.substr(colon + 1, bar - colon - 1) : text.substr(0, bar);
    if (!name.empty() && names.size() < most) names.push_back(name);
  }
  return names;
}

PtzAbilities read_abilities(pugi::xml_node node) {
  const auto spaces = child(node, "SupportedPTZSpaces");
  PtzAbilities can;
  can.continuous = ability(!child(spaces, "ContinuousPanTiltVelocitySpace").empty());
  can.absolute = ability(!child(spaces, "AbsolutePanTiltPositionSpace").empty());
  can.zoom = ability(!child(spaces, "ContinuousZoomVelocitySpace").empty());
  can.relative = can.positioning = Ability::no;
  for (const auto& space : children(spaces, "RelativePanTiltTranslationSpace")) {
    can.relative = Ability::yes;
    if (text_at(space, "URI") == ptz_view_space) can.positioning = Ability::yes;
  }
  can.home = ability(text_at(node, "HomeSupported") == "true" || text_at(node, "HomeSupported") == "1");
  can.most_presets = count_at(node, "MaximumNumberOfPresets");
  can.presets = ability_of_count(can.most_presets);
  const auto tours = protocols::node_at(node, "Extension/SupportedPresetTour");
  can.most_tours = tours ? count_at(tours, "MaximumNumberOfPresetTours") : 0;
  can.tours = ability_of_count(can.most_tours);
  can.auxiliaries = auxiliaries_of(node);
  return can;
}

PtzNode no_head() {
  PtzNode none;
  for (auto* one :
       {&none.abilities.continuous, &none.abilities.absolute, &none.abilities.relative, &none.abilities.zoom,
        &none.abilities.positioning, &none.abilities.home, &none.abilities.presets, &none.abilities.tours})
    *one = Ability::no;
  return none;
}

}  // namespace

asio::awaitable<base::Result<PtzNode>> PtzNode::find(OnvifClient& client, std::uint32_t channel) {
  const auto services = co_await OnvifServices::meet(client);
  if (!services) co_return services.error();
  if (!services->has("tptz")) co_return no_head();
  const auto media = co_await OnvifMedia::find(client, *services);
  if (!media) co_return media.error();
  const auto main = choose_profile(media->profiles, channel, "main", client.address().profile);
  if (!main) co_return main.error();
  const bool newer = media->newer();
  const OnvifClient::Fill fill = [newer](pugi::xml_node request) {
    if (newer) add(request, "tr2:Type", "PTZ");
  };
  const auto operation = media->operation("GetProfiles");
  const auto profiles = co_await client.ask(media->path, operation, fill);
  if (!profiles) co_return profiles.error();
  const auto bound = bound_profile(profiles->content(), *media, *main);
  if (!bound) co_return no_head();
  PtzNode found;
  found.path = services->path("tptz");
  found.profile = bound->profile;
  const auto nodes = co_await client.ask(found.path, "tptz:GetNodes", {});
  if (!nodes) {
    // Then only trying tells what it can do.
    if (nodes.error().kind == base::ErrorKind::unsupported) co_return found;
    co_return nodes.error();
  }
  for (const auto& node : children(nodes->content(), "PTZNode")) {
    if (node.attribute("token").value() == bound->node) found.abilities = read_abilities(node);
  }
  co_return found;
}

}  // namespace watchrig::devices
