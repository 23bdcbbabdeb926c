#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/protocols/onvif/access_policy.hpp"

namespace watchrig::camera {

using protocols::AccessClass;
using protocols::user_level_from;
using protocols::UserLevel;

/// The accounts of a camera, for its streams and its services alike. Any thread.
class CameraUsers {
 public:
  struct User {
    std::string name;
    std::string password;
    UserLevel level = UserLevel::user;
  };
  enum class Outcome { done, unknown, exists, too_many, last_administrator };
  static constexpr std::size_t most = 32;

  /// With an empty name everybody is an administrator, as on a camera that was never set up.
  CameraUsers(std::string name, std::string password);

  bool open() const;
  std::optional<User> find(std::string_view name) const;
  std::vector<User> all() const;
  Outcome add(const std::vector<User>& users);
  /// An empty password keeps the one before.
  Outcome change(const std::vector<User>& users);
  Outcome remove(const std::vector<std::string>& names);
  /// Those of the beginning are there again, and no others.
  void forget_changes();

 private:
  Outcome take_over(std::map<std::string, User, std::less<>> users);

  std::map<std::string, User, std::less<>> first_;
  mutable std::mutex mutex_;
  std::map<std::string, User, std::less<>> users_;
};

}  // namespace watchrig::camera
