#include "system/api/talk_desk.hpp"

#include <utility>

#include <fmt/format.h>

namespace watchrig::api {

TalkDesk::Seat::~Seat() {
  const std::lock_guard lock(desk_->mutex_);
  desk_->taken_.erase(channel_);
}

base::Result<std::unique_ptr<TalkDesk::Seat>> TalkDesk::take(const std::string& channel, Talker talker,
                                                             Stop stop) {
  const std::lock_guard lock(mutex_);
  const auto [place, free] = taken_.try_emplace(channel, Taken{std::move(talker), std::move(stop)});
  if (free) return std::make_unique<Seat>(shared_from_this(), channel);
  const auto& there = place->second.talker;
  return base::Error{base::ErrorKind::conflict,
                     fmt::format("\"{}\" is talking there since {}; wait, or end it by DELETE", there.account,
                                 base::format_utc(there.since, 0))};
}

std::optional<TalkDesk::Talker> TalkDesk::talker(const std::string& channel) const {
  const std::lock_guard lock(mutex_);
  const auto found = taken_.find(channel);
  return found == taken_.end() ? std::nullopt : std::optional(found->second.talker);
}

bool TalkDesk::stop(const std::string& channel, const std::string& account) {
  Stop stop;
  {
    const std::lock_guard lock(mutex_);
    const auto found = taken_.find(channel);
    if (found == taken_.end()) return false;
    stop = std::exchange(found->second.stop, {});
  }
  if (stop) stop(account);
  return true;
}

}  // namespace watchrig::api
