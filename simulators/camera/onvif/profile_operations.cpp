// How clients make media profiles and what is in them (ONVIF Media 5.2, Media2 5.2).
#include <algorithm>

#include <fmt/format.h>

#include "simulators/camera/analytics/video_analytics.hpp"
#include "simulators/camera/onvif/media_configurations.hpp"

namespace watchrig::camera {

namespace {

using protocols::add;
using protocols::children;
using protocols::SoapFault;
using protocols::text_at;

constexpr std::size_t longest_name = 64;

SoapFault conflict(std::string reason) {
  return {SoapFault::Blame::receiver, {"ter:Action", "ter:ConfigurationConflict"}, std::move(reason)};
}

MediaProfile* find(OnvifDevice& device, const std::string& token) {
  const auto found = std::ranges::find(device.profiles, token, &MediaProfile::token);
  return found == device.profiles.end() ? nullptr : &*found;
}

/// Whether the profile's other configurations leave room for one.
OnvifOutcome check_fit(const OnvifDevice& device, const MediaProfile& profile, const MediaPartType& type,
                       const MediaPart& part) {
  if (!type.needs.empty() && !profile.has(type.needs))
    return conflict(fmt::format("{} needs a {} in the profile first", type.name, type.needs));
  for (const auto& other_type : media_part_types()) {
    const auto found = profile.parts.find(other_type.name);
    if (found == profile.parts.end() || other_type.name == type.name) continue;
    const auto other = media_part(device, other_type, found->second);
    if (!other) continue;
    if (part.source != 0 && other->source != 0 && part.source != other->source)
      return conflict(fmt::format("\"{}\" is of video source {}, the profile's \"{}\" of {}", part.token,
                                  part.source, other->token, other->source));
    if (!part.stream.empty() && !other->stream.empty() && part.stream != other->stream)
      return conflict(fmt::format("\"{}\" goes out with other pictures than the profile's \"{}\"", part.token,
                                  other->token));
  }
  return {};
}

/// With an empty token the first that fits, of that video source unless it is 0.
OnvifOutcome add_part(const OnvifDevice& device, MediaProfile& profile, const MediaPartType& type,
                      const std::string& token, unsigned source = 0) {
  if (!token.empty()) {
    const auto part = media_part(device, type, token);
    if (!part) return no_configuration(token);
    if (auto refused = check_fit(device, profile, type, *part)) return refused;
    profile.parts[type.name] = token;
    return {};
  }
  OnvifOutcome refused = no_configuration(token);
  for (const auto& part : type.all(device)) {
    if (source != 0 && part.source != 0 && part.source != source) continue;
    refused = check_fit(device, profile, type, part);
    if (refused) continue;
    profile.parts[type.name] = part.token;
    return {};
  }
  return refused;
}

OnvifOutcome remove_part(MediaProfile& profile, const MediaPartType& type) {
  for (const auto& other : media_part_types()) {
    if (other.needs == type.name && profile.has(other.name))
      return conflict(fmt::format("the profile's {} needs its {}", other.name, type.name));
  }
  profile.parts.erase(type.name);
  return {};
}

OnvifOutcome keep(OnvifDevice& device, MediaProfile changed) {
  *find(device, changed.token) = std::move(changed);
  settle_profiles(device);
  return {};
}

bool is_token(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  return text.size() <= longest_name && std::ranges::all_of(text, allowed);
}

/// An empty token: one that is made up.
OnvifOutcome make(OnvifDevice& device, const OnvifCall& call, std::string token, MediaProfile& profile) {
  profile.name = text_at(call.request, "Name");
  if (profile.name.empty() || profile.name.size() > longest_name)
    return refuse({"ter:InvalidArgVal"}, "the name of a profile has 1 to 64 letters");
  if (!is_token(token))
    return refuse({"ter:InvalidArgVal"},
                  "a token has at most 64 letters, digits, hyphens, dots, underscores");
  if (!token.empty() && find(device, token))
    return refuse({"ter:InvalidArgVal", "ter:ProfileExists"},
                  fmt::format("there is a profile \"{}\"", token));
  if (std::ranges::count(device.profiles, false, &MediaProfile::fixed) >= std::ptrdiff_t(most_made_profiles))
    return SoapFault{SoapFault::Blame::receiver,
                     {"ter:Action", "ter:MaxNVTProfiles"},
                     fmt::format("at most {} profiles beside the fixed ones", most_made_profiles)};
  while (token.empty() || find(device, token)) token = fmt::format("profile-{}", ++device.profiles_made);
  profile.token = std::move(token);
  return {};
}

OnvifOutcome create1(OnvifDevice& device, OnvifCall& call) {
  MediaProfile profile;
  if (auto refused = make(device, call, text_at(call.request, "Token"), profile)) return refused;
  add_profile1(call.answer, "trt:Profile", device, profile);
  device.profiles.push_back(std::move(profile));
  return {};
}

/// Adds what a request of version 2 lists, whatever its order.
OnvifOutcome add_listed(const OnvifDevice& device, const OnvifCall& call, MediaProfile& profile) {
  std::map<std::string, std::string> asked;
  for (const auto& node : children(call.request, "Configuration")) {
    const auto type = text_at(node, "Type");
    if (!media_part_type(type))
      return refuse({"ter:InvalidArgVal", "ter:NoConfig"},
                    fmt::format("there are no configurations \"{}\"", type));
    asked[type] = text_at(node, "Token");
  }
  unsigned source = 0;
  for (const auto& [name, token] : asked) {
    const auto part = media_part(device, *media_part_type(name), token);
    if (part && part->source != 0) source = part->source;
  }
  for (const auto& type : media_part_types()) {
    const auto found = asked.find(std::string(type.name));
    if (found == asked.end()) continue;
    if (auto refused = add_part(device, profile, type, found->second, source)) return refused;
  }
  return {};
}

OnvifOutcome create2(OnvifDevice& device, OnvifCall& call) {
  MediaProfile profile;
  if (auto refused = make(device, call, {}, profile)) return refused;
  if (auto refused = add_listed(device, call, profile)) return refused;
  add(call.answer, "tr2:Token", profile.token);
  device.profiles.push_back(std::move(profile));
  settle_profiles(device);
  return {};
}

OnvifOutcome remove(OnvifDevice& device, const OnvifCall& call, const char* name) {
  const auto token = text_at(call.request, name);
  const auto* profile = find(device, token);
  if (!profile) return no_profile(token);
  if (profile->fixed)
    return refuse({"ter:Action", "ter:DeletionOfFixedProfile"},
                  fmt::format("the profile \"{}\" stays", token));
  std::erase_if(device.profiles, [&](const MediaProfile& one) { return one.token == token; });
  settle_profiles(device);
  return {};
}

OnvifOutcome add2(OnvifDevice& device, const OnvifCall& call) {
  const auto token = text_at(call.request, "ProfileToken"), name = text_at(call.request, "Name");
  const auto* found = find(device, token);
  if (!found) return no_profile(token);
  auto profile = *found;
  if (name.size() > longest_name)
    return refuse({"ter:InvalidArgVal"}, "the name of a profile has 1 to 64 letters");
  if (!name.empty()) profile.name = name;
  if (auto refused = add_listed(device, call, profile)) return refused;
  return keep(device, std::move(profile));
}

/// Those that others need go last, so that both may be named at once.
OnvifOutcome remove2(OnvifDevice& device, const OnvifCall& call) {
  const auto token = text_at(call.request, "ProfileToken");
  const auto* found = find(device, token);
  if (!found) return no_profile(token);
  auto profile = *found;
  std::vector<std::string> asked;
  for (const auto& node : children(call.request, "Configuration")) {
    asked.push_back(text_at(node, "Type"));
    if (asked.back() != "All" && !media_part_type(asked.back()))
      return refuse({"ter:InvalidArgVal", "ter:NoConfig"},
                    fmt::format("there are no configurations \"{}\"", asked.back()));
  }
  const auto& types = media_part_types();
  for (auto type = types.rbegin(); type != types.rend(); ++type) {
    const bool named =
        std::ranges::any_of(asked, [&](const std::string& one) { return one == "All" || one == type->name; });
    if (!named) continue;
    if (auto refused = remove_part(profile, *type)) return refused;
  }
  return keep(device, std::move(profile));
}

auto adding(OnvifDevice& device, std::string_view type) {
  return [&device, type](OnvifCall& call) -> OnvifOutcome {
    const auto token = text_at(call.request, "ProfileToken");
    const auto* found = find(device, token);
    if (!found) return no_profile(token);
    auto profile = *found;
    const auto configuration = text_at(call.request, "ConfigurationToken");
    if (configuration.empty()) return no_configuration(configuration);
    if (auto refused = add_part(device, profile, *media_part_type(type), configuration)) return refused;
    return keep(device, std::move(profile));
  };
}

auto removing(OnvifDevice& device, std::string_view type) {
  return [&device, type](OnvifCall& call) -> OnvifOutcome {
    const auto token = text_at(call.request, "ProfileToken");
    const auto* found = find(device, token);
    if (!found) return no_profile(token);
    auto profile = *found;
    if (auto refused = remove_part(profile, *media_part_type(type))) return refused;
    return keep(device, std::move(profile));
  };
}

/// All that could be in the profile beside what is there, in place of what it has of the type.
auto compatible(const OnvifDevice& device, std::string_view name) {
  return [&device, name](OnvifCall& call) -> OnvifOutcome {
    const auto token = text_at(call.request, "ProfileToken");
    const auto* profile = device.profile(token);
    if (!profile) return no_profile(token);
    const auto& type = *media_part_type(name);
    for (const auto& part : type.all(device)) {
      // Version 1 cannot tell of every encoder.
      const bool hidden = name == "VideoEncoder" && !in_version1(*device.stream(part.stream));
      auto empty = *profile;
      if (!type.needs.empty()) empty.parts.try_emplace(type.needs);
      if (!hidden && !check_fit(device, empty, type, part))
        type.fill1(add(call.answer, "trt:Configurations"), device, part);
    }
    return {};
  };
}

/// Metadata tell the state of everything anew. Pictures cannot: a group of them may be that of other cameras
/// too, and its next key picture comes when it comes.
auto synchronising(const OnvifDevice& device) {
  return [&device](OnvifCall& call) -> OnvifOutcome {
    const auto token = text_at(call.request, "ProfileToken");
    const auto* profile = device.profile(token);
    if (!profile) return no_profile(token);
    const auto* stream = device.stream_of(*profile);
    if (stream && profile->has("Metadata")) device.analytics[stream->source - 1]->reader_came(stream->name);
    return {};
  };
}

}  // namespace

std::vector<OnvifOperation> profile_operations1(OnvifDevice& d) {
  constexpr auto read = AccessClass::read_media;
  constexpr auto actuate = AccessClass::actuate;
  return {
      {"CreateProfile", actuate, [&d](OnvifCall& c) { return create1(d, c); }},
      {"DeleteProfile", actuate, [&d](OnvifCall& c) { return remove(d, c, "ProfileToken"); }},
      {"AddVideoSourceConfiguration", actuate, adding(d, "VideoSource")},
      {"AddAudioSourceConfiguration", actuate, adding(d, "AudioSource")},
      {"AddVideoEncoderConfiguration", actuate, adding(d, "VideoEncoder")},
      {"AddAudioEncoderConfiguration", actuate, adding(d, "AudioEncoder")},
      {"AddVideoAnalyticsConfiguration", actuate, adding(d, "Analytics")},
      {"AddPTZConfiguration", actuate, adding(d, "PTZ")},
      {"AddMetadataConfiguration", actuate, adding(d, "Metadata")},
      {"AddAudioOutputConfiguration", actuate, adding(d, "AudioOutput")},
      {"AddAudioDecoderConfiguration", actuate, adding(d, "AudioDecoder")},
      {"RemoveVideoSourceConfiguration", actuate, removing(d, "VideoSource")},
      {"RemoveAudioSourceConfiguration", actuate, removing(d, "AudioSource")},
      {"RemoveVideoEncoderConfiguration", actuate, removing(d, "VideoEncoder")},
      {"RemoveAudioEncoderConfiguration", actuate, removing(d, "AudioEncoder")},
      {"RemoveVideoAnalyticsConfiguration", actuate, removing(d, "Analytics")},
      {"RemovePTZConfiguration", actuate, removing(d, "PTZ")},
      {"RemoveMetadataConfiguration", actuate, removing(d, "Metadata")},
      {"RemoveAudioOutputConfiguration", actuate, removing(d, "AudioOutput")},
      {"RemoveAudioDecoderConfiguration", actuate, removing(d, "AudioDecoder")},
      {"GetCompatibleVideoSourceConfigurations", read, compatible(d, "VideoSource")},
      {"GetCompatibleAudioSourceConfigurations", read, compatible(d, "AudioSource")},
      {"GetCompatibleVideoEncoderConfigurations", read, compatible(d, "VideoEncoder")},
      {"GetCompatibleAudioEncoderConfigurations", read, compatible(d, "AudioEncoder")},
      {"GetCompatibleVideoAnalyticsConfigurations", read, compatible(d, "Analytics")},
      {"GetCompatibleMetadataConfigurations", read, compatible(d, "Metadata")},
      {"GetCompatibleAudioOutputConfigurations", read, compatible(d, "AudioOutput")},
      {"GetCompatibleAudioDecoderConfigurations", read, compatible(d, "AudioDecoder")},
      {"SetSynchronizationPoint", actuate, synchronising(d)},
  };
}

std::vector<OnvifOperation> profile_operations2(OnvifDevice& d) {
  constexpr auto actuate = AccessClass::actuate;
  return {
      {"CreateProfile", actuate, [&d](OnvifCall& c) { return create2(d, c); }},
      {"DeleteProfile", actuate, [&d](OnvifCall& c) { return remove(d, c, "Token"); }},
      {"AddConfiguration", actuate, [&d](OnvifCall& c) { return add2(d, c); }},
      {"RemoveConfiguration", actuate, [&d](OnvifCall& c) { return remove2(d, c); }},
      {"SetSynchronizationPoint", actuate, synchronising(d)},
  };
}

}  // namespace watchrig::camera
