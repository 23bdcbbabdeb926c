#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "system/base/clock.hpp"

namespace watchrig::protocols {

/// What may be shown once only, such as the nonces of WS-UsernameTokens (UsernameToken Profile 1.0, 3.1): a
/// token that somebody has overheard is worth nothing. Each is remembered until its time is over, when it is
/// too old anyway. Of more than fit, those whose time is over soonest are forgotten, and from then on none is
/// taken whose time is over as soon. Any thread.
class UsedTokens {
 public:
  explicit UsedTokens(std::size_t most) : most_(most) {}

  /// False when it was used before, or may have been. `until` is later than `now`.
  bool use(const std::string& token, base::UtcTime until, base::UtcTime now);

 private:
  using Ended = std::pair<base::UtcTime, std::string>;

  const std::size_t most_;
  std::mutex mutex_;
  std::set<Ended> used_;
  base::UtcTime forgotten_{};  ///< up to then
};

/// The same of each account by itself, so that none can use up what another needs. Each that is named stays:
/// only accounts that there are belong here. Any thread.
class UsedTokensOfAccounts {
 public:
  explicit UsedTokensOfAccounts(std::size_t most_of_each) : most_(most_of_each) {}

  bool use(const std::string& account, const std::string& token, base::UtcTime until, base::UtcTime now);

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::map<std::string, UsedTokens> accounts_;
};

}  // namespace watchrig::protocols
