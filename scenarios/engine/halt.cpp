#include "scenarios/engine/halt.hpp"

#include <algorithm>

namespace watchrig::scenarios {

namespace {

constexpr base::Duration longest_wait = std::chrono::hours(1);

}  // namespace

void Halt::halt(reports::Verdict verdict, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!cause_) cause_ = Cause{verdict, std::move(reason)};
  }
  changed_.notify_all();
}

bool Halt::halted() const {
  const std::lock_guard lock(mutex_);
  return cause_.has_value();
}

std::optional<Halt::Cause> Halt::cause() const {
  const std::lock_guard lock(mutex_);
  return cause_;
}

void Halt::notify() {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
  }
  changed_.notify_all();
}

Halt::Wake Halt::wait_until(base::UtcTime until, const std::function<bool()>& condition) {
  return wait(until, longest_wait, condition);
}

Halt::Wake Halt::poll_until(base::UtcTime until, base::Duration interval,
                            const std::function<bool()>& condition) {
  return wait(until, interval, condition);
}

Halt::Wake Halt::wait(base::UtcTime until, base::Duration interval, const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto seen = changes_;
    if (condition) {
      lock.unlock();
      const bool met = condition();
      lock.lock();
      if (met) return Wake::met;
    }
    if (cause_) return Wake::halted;
    if (clock_.now() >= until) return Wake::expired;
    const auto limit = std::chrono::steady_clock::now() + interval;
    changed_.wait_until(lock, std::min(clock_.real_time(until), limit),
                        [&] { return cause_.has_value() || changes_ != seen; });
  }
}

}  // namespace watchrig::scenarios
