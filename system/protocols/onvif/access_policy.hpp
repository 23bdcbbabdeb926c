#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace watchrig::protocols {

/// ONVIF Core 5.9.4.5: what somebody may do on a device.
enum class UserLevel { anonymous, user, operating, administrator };
std::string_view to_string(UserLevel level);
/// Of "User", "Operator" or "Administrator"; nothing for others.
std::optional<UserLevel> user_level_from(std::string_view text);

/// The access classes of operations (ONVIF Core 5.9.4.4).
enum class AccessClass {
  pre_auth,
  read_system,
  read_system_sensitive,
  read_system_secret,
  write_system,
  unrecoverable,
  read_media,
  actuate,
};
/// As the standard writes them: "READ_SYSTEM".
std::string_view to_string(AccessClass access);
/// The default access policy (ONVIF Core 5.9.4.6).
bool may(UserLevel level, AccessClass access);
/// All that a level may.
std::vector<AccessClass> access_of(UserLevel level);

}  // namespace watchrig::protocols
