#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

namespace watchrig::camera {

struct OnvifDevice;

/// A media profile (ONVIF Media 4.1): configurations that belong together, one at most of each type.
struct MediaProfile {
  std::string token, name;
  bool fixed = false;  ///< it cannot be deleted
  /// The token of the configuration of each type that it has; types as tr2:ConfigurationRef has them.
  std::map<std::string_view, std::string> parts;

  bool has(std::string_view type) const { return parts.contains(type); }
};

/// One that profiles can have.
struct MediaPart {
  std::string token;
  unsigned source = 0;      ///< the video source that it is of; 0: of none
  std::string stream = {};  ///< of an encoder
};

/// A type of them. All types are in the order in which a profile tells of them, those that others need first.
struct MediaPartType {
  std::string_view name;   ///< "VideoSource": of tr2:ConfigurationRef, and the element in version 2
  const char* element1;    ///< in a tt:Profile
  std::string_view needs;  ///< type without which a profile cannot have it; empty: none
  std::vector<MediaPart> (*all)(const OnvifDevice&);
  void (*fill1)(pugi::xml_node, const OnvifDevice&, const MediaPart&);
  void (*fill2)(pugi::xml_node, const OnvifDevice&, const MediaPart&);
};
const std::vector<MediaPartType>& media_part_types();
/// Null for another name.
const MediaPartType* media_part_type(std::string_view name);
std::optional<MediaPart> media_part(const OnvifDevice& device, const MediaPartType& type,
                                    std::string_view token);

/// Profiles that clients may make beside those of the streams.
inline constexpr std::size_t most_made_profiles = 8;
/// A profile for each stream with all that there is for it.
std::vector<MediaProfile> first_profiles(const OnvifDevice& device);
/// Has the streams be sent as the profiles say from now on; to be called when those have changed.
void settle_profiles(OnvifDevice& device);
/// How many profiles have a configuration.
std::size_t profile_uses(const OnvifDevice& device, std::string_view type, std::string_view token);
/// Whether version 1 of the media service can tell of it.
bool in_version1(const OnvifDevice& device, const MediaProfile& profile);
void add_profile1(pugi::xml_node parent, const char* name, const OnvifDevice& device,
                  const MediaProfile& profile);

}  // namespace watchrig::camera
