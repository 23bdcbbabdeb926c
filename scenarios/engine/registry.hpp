#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace watchrig::scenarios {

/// Things that steps name, shared by parallel branches. Any thread.
template <class T>
class Registry {
 public:
  /// Replaces what had the name before.
  void put(const std::string& name, std::shared_ptr<T> thing) {
    const std::lock_guard lock(mutex_);
    things_[name] = std::move(thing);
  }
  /// Null when there is none.
  std::shared_ptr<T> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = things_.find(name);
    return found == things_.end() ? nullptr : found->second;
  }
  /// Takes it out.
  std::shared_ptr<T> take(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto node = things_.extract(name);
    return node.empty() ? nullptr : node.mapped();
  }
  std::vector<std::shared_ptr<T>> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<T>> result;
    for (const auto& [name, thing] : things_) result.push_back(thing);
    return result;
  }
  void clear() {
    std::map<std::string, std::shared_ptr<T>> gone;
    const std::lock_guard lock(mutex_);
    gone.swap(things_);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<T>> things_;
};

}  // namespace watchrig::scenarios
