#include "system/protocols/onvif/access_policy.hpp"

#include <utility>

namespace watchrig::protocols {

namespace {

constexpr std::pair<std::string_view, UserLevel> levels[] = {{"Administrator", UserLevel::administrator},
                                                             {"Operator", UserLevel::operating},
                                                             {"User", UserLevel::user},
                                                             {"Anonymous", UserLevel::anonymous}};

constexpr std::pair<std::string_view, AccessClass> classes[] = {
    {"PRE_AUTH", AccessClass::pre_auth},
    {"READ_SYSTEM", AccessClass::read_system},
    {"READ_SYSTEM_SENSITIVE", AccessClass::read_system_sensitive},
    {"READ_SYSTEM_SECRET", AccessClass::read_system_secret},
    {"WRITE_SYSTEM", AccessClass::write_system},
    {"UNRECOVERABLE", AccessClass::unrecoverable},
    {"READ_MEDIA", AccessClass::read_media},
    {"ACTUATE", AccessClass::actuate}};

}  // namespace

std::string_view to_string(UserLevel level) {
  for (const auto& [name, one] : levels) {
    if (one == level) return name;
  }
  return "Anonymous";
}

std::optional<UserLevel> user_level_from(std::string_view text) {
  for (const auto& [name, one] : levels) {
    if (name == text && one != UserLevel::anonymous) return one;
  }
  return std::nullopt;
}

std::string_view to_string(AccessClass access) {
  for (const auto& [name, one] : classes) {
    if (one == access) return name;
  }
  return {};
}

bool may(UserLevel level, AccessClass access) {
  switch (access) {
    case AccessClass::pre_auth:
      return true;
    case AccessClass::read_system:
    case AccessClass::read_media:
      return level >= UserLevel::user;
    case AccessClass::read_system_sensitive:
    case AccessClass::actuate:
      return level >= UserLevel::operating;
    case AccessClass::read_system_secret:
    case AccessClass::write_system:
    case AccessClass::unrecoverable:
      return level == UserLevel::administrator;
  }
  return false;
}

std::vector<AccessClass> access_of(UserLevel level) {
  std::vector<AccessClass> all;
  for (const auto& [name, access] : classes) {
    if (may(level, access)) all.push_back(access);
  }
  return all;
}

}  // namespace watchrig::protocols
