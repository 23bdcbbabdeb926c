#pragma once

#include <atomic>

#include "system/base/clock.hpp"

namespace watchrig::camera {

/// How far a camera's own clock is ahead of the rig's: by that clock it tells times, in its services, its
/// sender reports and what it plays from its card. Any thread.
class CameraClock {
 public:
  base::Duration ahead() const { return base::Duration(ahead_.load()); }
  void set_ahead(base::Duration ahead) { ahead_ = ahead.count(); }

 private:
  std::atomic<base::Duration::rep> ahead_{0};
};

}  // namespace watchrig::camera
