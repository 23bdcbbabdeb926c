#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "system/base/result.hpp"

namespace watchrig::api {

/// Threads that read for those who play recordings, and how many may play at a time. Apart from WorkPool,
/// where an export would have every player wait. Each player has one piece of work at a time, so players are
/// served in turn. Any thread.
class PlaybackReaders {
 public:
  static constexpr int most = 64, most_of_one = 16;

  /// A player's place, until its end.
  using Place = std::shared_ptr<void>;

  PlaybackReaders() : pool_(2) {}

  /// One place for all that a session opens while it has it. Errors: full, for all or for that log-in.
  base::Result<Place> enter(const std::string& user, const std::string& session);
  /// Runs `work` on a thread of the pool and returns to the caller's executor; false where it has thrown,
  /// which is logged.
  boost::asio::awaitable<bool> run(std::function<void()> work);
  /// Waits for what is being done.
  void join() { pool_.join(); }

 private:
  struct Players {
    std::mutex mutex;
    std::map<std::string, int> of_user;
    std::map<std::string, std::weak_ptr<void>> of_session;
    int all = 0;
  };

  const std::shared_ptr<Players> players_ = std::make_shared<Players>();
  boost::asio::thread_pool pool_;
};

}  // namespace watchrig::api
