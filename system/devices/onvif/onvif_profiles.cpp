#include "system/devices/onvif/onvif_profiles.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/protocols/onvif/soap_message.hpp"

namespace watchrig::devices {

namespace {

using base::Error;
using base::ErrorKind;
using protocols::child;
using protocols::text_at;

std::int64_t pixels(const OnvifProfile& profile) { return std::int64_t{profile.width} * profile.height; }

}  // namespace

std::vector<OnvifProfile> read_profiles(pugi::xml_node answer) {
  std::vector<OnvifProfile> profiles;
  for (const auto& node : protocols::children(answer, "Profiles")) {
    const auto set = child(node, "Configurations");  // version 2
    const auto source = set ? child(set, "VideoSource") : child(node, "VideoSourceConfiguration");
    const auto encoder = set ? child(set, "VideoEncoder") : child(node, "VideoEncoderConfiguration");
    OnvifProfile profile;
    profile.token = node.attribute("token").value();
    if (profile.token.empty() || !encoder) continue;
    profile.source = text_at(source, "SourceToken");
    profile.width = base::parse_number<int>(text_at(encoder, "Resolution/Width")).value_or(0);
    profile.height = base::parse_number<int>(text_at(encoder, "Resolution/Height")).value_or(0);
    profile.source_configuration = source.attribute("token").value();
    profile.encoder = encoder.attribute("token").value();
    profiles.push_back(std::move(profile));
  }
  return profiles;
}

base::Result<std::vector<OnvifProfile>> profiles_of_channel(const std::vector<OnvifProfile>& profiles,
                                                            std::uint32_t channel) {
  std::vector<std::string> sources;
  for (const auto& profile : profiles) {
    if (std::ranges::find(sources, profile.source) == sources.end()) sources.push_back(profile.source);
  }
  if (channel < 1 || channel > sources.size()) {
    return Error{ErrorKind::not_found,
                 fmt::format("channel {}: the device has media profiles of {} video sources", channel,
                             sources.size())};
  }
  std::vector<OnvifProfile> own;
  for (const auto& profile : profiles) {
    if (profile.source == sources[channel - 1]) own.push_back(profile);
  }
  return own;
}

base::Result<OnvifProfile> choose_profile(const std::vector<OnvifProfile>& profiles, std::uint32_t channel,
                                          const std::string& stream, const std::string& token) {
  if (!token.empty()) {
    const auto named = std::ranges::find(profiles, token, &OnvifProfile::token);
    if (named != profiles.end()) return *named;
    return Error{ErrorKind::not_found,
                 fmt::format("the device has no media profile \"{}\" among its {}", token, profiles.size())};
  }
  auto of_channel = profiles_of_channel(profiles, channel);
  if (!of_channel) return of_channel.error();
  auto& own = *of_channel;
  const auto main = *std::ranges::max_element(own, {}, pixels);
  if (stream == "main") return main;
  std::erase_if(own, [&](const auto& profile) { return profile.token == main.token; });
  if (own.empty()) {
    return Error{ErrorKind::not_found, "the device has one media profile for this channel: no sub stream"};
  }
  return *std::ranges::min_element(own, {}, pixels);
}

}  // namespace watchrig::devices
