#include "simulators/camera/onvif/onvif_users.hpp"

#include <algorithm>
#include <utility>

namespace watchrig::camera {

CameraUsers::CameraUsers(std::string name, std::string password) {
  if (name.empty()) return;
  User user{name, std::move(password), UserLevel::administrator};
  first_.emplace(std::move(name), std::move(user));
  users_ = first_;
}

void CameraUsers::forget_changes() {
  const std::lock_guard lock(mutex_);
  users_ = first_;
}

bool CameraUsers::open() const {
  const std::lock_guard lock(mutex_);
  return users_.empty();
}

std::optional<CameraUsers::User> CameraUsers::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  return found == users_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<CameraUsers::User> CameraUsers::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<User> users;
  for (const auto& [name, user] : users_) users.push_back(user);
  return users;
}

CameraUsers::Outcome CameraUsers::take_over(std::map<std::string, User, std::less<>> users) {
  const bool administered = std::ranges::any_of(
      users, [](const auto& entry) { return entry.second.level == UserLevel::administrator; });
  if (!administered) return Outcome::last_administrator;
  users_ = std::move(users);
  return Outcome::done;
}

CameraUsers::Outcome CameraUsers::add(const std::vector<User>& added) {
  const std::lock_guard lock(mutex_);
  auto users = users_;
  for (const User& user : added) {
    if (!users.emplace(user.name, user).second) return Outcome::exists;
  }
  if (users.size() > most) return Outcome::too_many;
  return take_over(std::move(users));
}

CameraUsers::Outcome CameraUsers::change(const std::vector<User>& changed) {
  const std::lock_guard lock(mutex_);
  auto users = users_;
  for (const User& user : changed) {
    const auto found = users.find(user.name);
    if (found == users.end()) return Outcome::unknown;
    found->second.level = user.level;
    if (!user.password.empty()) found->second.password = user.password;
  }
  return take_over(std::move(users));
}

CameraUsers::Outcome CameraUsers::remove(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  auto users = users_;
  for (const auto& name : names) {
    if (users.erase(name) == 0) return Outcome::unknown;
  }
  return take_over(std::move(users));
}

}  // namespace watchrig::camera
