#include "system/devices/onvif/onvif_profiles.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "system/base/text.hpp"
#include "system/media/stream_names.hpp"
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

std::vector<OnvifProfile> streams_of_channel(std::vector<OnvifProfile> own) {
  const auto main = std::ranges::max_element(own, {}, pixels);
  std::rotate(own.begin(), main, main + 1);
  std::vector<OnvifProfile> streams;
  for (auto& profile : own) {
    const auto same = [&](const OnvifProfile& other) {
      return !profile.encoder.empty() && other.encoder == profile.encoder;
    };
    if (std::ranges::none_of(streams, same)) streams.push_back(std::move(profile));
    if (streams.size() == media::stream_names.size()) break;
  }
  return streams;
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
  auto streams = streams_of_channel(*of_channel);
  const auto place = std::ranges::find(media::stream_names, stream) - media::stream_names.begin();
  if (place < std::ssize(streams)) return std::move(streams[static_cast<std::size_t>(place)]);
  return Error{ErrorKind::not_found,
               fmt::format("the device has media profiles of {} {} for channel {}: no stream \"{}\"",
                           streams.size(), streams.size() == 1 ? "stream" : "streams", channel, stream)};
}

}  // namespace watchrig::devices
