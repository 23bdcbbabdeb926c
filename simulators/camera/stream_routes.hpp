#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace watchrig::camera {

/// What is sent at the addresses of media profiles: the stream whose encoder a profile has, with its sound
/// and its metadata or without. Any thread.
class StreamRoutes {
 public:
  struct Route {
    std::string stream;  ///< empty: none
    bool sound = true, metadata = true;
  };

  void set(std::map<std::string, Route> routes) {
    const std::lock_guard lock(mutex_);
    routes_ = std::move(routes);
  }
  /// Of a name that no profile has: the stream of that name, whole.
  Route find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = routes_.find(name);
    return found == routes_.end() ? Route{name} : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Route> routes_;
};

}  // namespace watchrig::camera
