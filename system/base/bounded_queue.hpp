#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace watchrig::base {

namespace asio = boost::asio;

/// What a full queue does with one more entry.
enum class Overflow {
  refuse,           ///< the new entry is refused; push() says so and the caller acts
  drop_oldest,      ///< the oldest entry makes room
  drop_to_restart,  ///< everything queued is dropped, and new entries too, until a restart point comes
};

/// Whether a new queue takes the first entry that comes or waits for a restart point.
enum class Start { at_once, at_restart_point };

struct QueueStats {
  std::uint64_t pushed = 0;   ///< entries accepted
  std::uint64_t dropped = 0;  ///< entries lost, whichever end they were at
  std::size_t size = 0;
  std::size_t bytes = 0;
};

template <class T>
std::size_t queued_bytes(const T&) {
  return 0;
}
template <class T>
bool is_restart_point(const T&) {
  return true;
}

/// A queue with a limit in entries and in bytes, many producers on any thread and one consumer coroutine.
/// With Start::at_restart_point, entries before the first restart point are passed over without being counted
/// as lost. Customise for T by overloads found by argument-dependent lookup:
///   std::size_t queued_bytes(const T&)      what an entry counts towards the byte limit
///   bool is_restart_point(const T&)         where a reader may go on after a loss (a key frame)
template <class T>
class BoundedQueue {
 public:
  struct Limits {
    std::size_t entries;
    std::size_t bytes = SIZE_MAX;
  };

  BoundedQueue(asio::any_io_executor consumer, Limits limits, Overflow overflow, Start start = Start::at_once)
      : state_(std::make_shared<State>(std::move(consumer), limits, overflow, start)) {}
  ~BoundedQueue() { close(); }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// False when this entry (or with drop_oldest and drop_to_restart an older one) was dropped. Any thread.
  bool push(T entry) {
    const std::lock_guard lock(state_->mutex);
    State& s = *state_;
    if (s.closed) return false;
    const std::size_t bytes = queued_bytes(entry);
    bool kept_all = true;
    if (s.starting && !is_restart_point(entry)) return true;
    s.starting = false;
    if (s.skipping && !is_restart_point(entry)) return !++s.stats.dropped;
    s.skipping = false;
    if (!s.fits(bytes)) {
      kept_all = false;
      if (s.overflow == Overflow::refuse) return !++s.stats.dropped;
      if (s.overflow == Overflow::drop_to_restart) {
        s.drop_all();
        if (!is_restart_point(entry)) {
          s.skipping = true;
          return !++s.stats.dropped;
        }
      }
      while (!s.entries.empty() && !s.fits(bytes)) s.drop_front();
    }
    s.stats.bytes += bytes;
    ++s.stats.pushed;
    s.entries.push_back(std::move(entry));
    s.wake();
    return kept_all;
  }

  /// The next entry, or nothing once the queue is closed and empty. On the consumer's executor.
  asio::awaitable<std::optional<T>> pop() {
    const auto state = state_;
    for (;;) {
      if (auto entry = state->take()) co_return entry;
      if (state->finished()) co_return std::nullopt;
      boost::system::error_code ignored;
      co_await state->signal.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  /// The next entry if there is one now.
  std::optional<T> try_pop() { return state_->take(); }

  /// No more entries are accepted; those queued can still be taken. Any thread.
  void close() {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    state_->wake();
  }

  QueueStats stats() const {
    const std::lock_guard lock(state_->mutex);
    QueueStats stats = state_->stats;
    stats.size = state_->entries.size();
    return stats;
  }

 private:
  struct State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor executor, Limits l, Overflow o, Start start)
        : limits(l),
          overflow(o),
          signal(std::move(executor), asio::steady_timer::time_point::max()),
          starting(start == Start::at_restart_point) {}

    bool fits(std::size_t more) const {
      return entries.size() < limits.entries && stats.bytes + more <= limits.bytes;
    }
    void drop_front() {
      stats.bytes -= queued_bytes(entries.front());
      entries.pop_front();
      ++stats.dropped;
    }
    void drop_all() {
      while (!entries.empty()) drop_front();
    }
    /// Wakes the consumer on its own executor; one wake-up at a time is enough, because it takes all there
    /// is.
    void wake() {
      if (!idle) return;
      idle = false;
      asio::post(signal.get_executor(), [self = this->shared_from_this()] { self->signal.cancel(); });
    }
    std::optional<T> take() {
      const std::lock_guard lock(mutex);
      if (entries.empty()) {
        idle = true;
        return std::nullopt;
      }
      std::optional<T> entry(std::move(entries.front()));
      stats.bytes -= queued_bytes(*entry);
      entries.pop_front();
      return entry;
    }
    bool finished() {
      const std::lock_guard lock(mutex);
      return closed && entries.empty();
    }

    std::mutex mutex;
    const Limits limits;
    const Overflow overflow;
    asio::steady_timer signal;
    std::deque<T> entries;
    QueueStats stats;
    bool closed = false;
    bool starting;
    bool skipping = false;
    bool idle = false;  ///< the consumer found nothing and waits, or is about to
  };

  std::shared_ptr<State> state_;
};

}  // namespace watchrig::base
