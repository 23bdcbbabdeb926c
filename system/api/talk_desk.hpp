#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"

namespace watchrig::api {

/// Who talks to which channel: one at a time. Any thread; held by those who talk.
class TalkDesk : public std::enable_shared_from_this<TalkDesk> {
 public:
  struct Talker {
    std::string account;
    base::UtcTime since;
  };
  /// Has a talk end; told who wants that. On any thread, once at most.
  using Stop = std::function<void(const std::string& account)>;

  /// Talking to a channel, until it is destroyed.
  class Seat {
   public:
    Seat(std::shared_ptr<TalkDesk> desk, std::string channel)
        : desk_(std::move(desk)), channel_(std::move(channel)) {}
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    const std::shared_ptr<TalkDesk> desk_;
    const std::string channel_;
  };

  /// Error conflict: who talks there, and since when.
  base::Result<std::unique_ptr<Seat>> take(const std::string& channel, Talker talker, Stop stop);
  std::optional<Talker> talker(const std::string& channel) const;
  /// False when nobody talks there.
  bool stop(const std::string& channel, const std::string& account);

 private:
  struct Taken {
    Talker talker;
    Stop stop;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Taken> taken_;  ///< by channel
};

}  // namespace watchrig::api
