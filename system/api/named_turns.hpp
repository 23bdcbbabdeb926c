#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace watchrig::api {

/// Lets one coroutine at a time have a name; so many others wait for it, in the order of their coming. Any
/// thread.
class NamedTurns : public std::enable_shared_from_this<NamedTurns> {
 public:
  static constexpr std::size_t most_waiting = 16;

  /// Has the name until its end.
  class Turn {
   public:
    Turn(std::shared_ptr<NamedTurns> turns, std::string name)
        : turns_(std::move(turns)), name_(std::move(name)) {}
    Turn(Turn&&) = default;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_) turns_->leave(name_);
    }

   private:
    std::shared_ptr<NamedTurns> turns_;
    std::string name_;
  };

  /// Nothing when too many wait already. Returns on the caller's executor, which must not run in parallel
  /// with itself.
  boost::asio::awaitable<std::optional<Turn>> take(std::string name);

 private:
  using Waiting = std::shared_ptr<boost::asio::steady_timer>;

  enum class Entry { free, waits, refused };
  /// Who waits has the timer cancelled when the name is free.
  Entry enter(const std::string& name, const Waiting& waiting);
  void leave(const std::string& name);

  std::mutex mutex_;
  std::map<std::string, std::deque<Waiting>> taken_;  ///< who waits for each name that somebody has
};

}  // namespace watchrig::api
