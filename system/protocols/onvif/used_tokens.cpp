#include "system/protocols/onvif/used_tokens.hpp"

namespace watchrig::protocols {

bool UsedTokens::use(const std::string& token, base::UtcTime until, base::UtcTime now) {
  const std::lock_guard lock(mutex_);
  while (!used_.empty() && used_.begin()->first < now) used_.erase(used_.begin());
  if (until <= forgotten_ || !used_.emplace(until, token).second) return false;
  if (used_.size() > most_) {
    forgotten_ = used_.begin()->first;
    used_.erase(used_.begin());
  }
  return true;
}

bool UsedTokensOfAccounts::use(const std::string& account, const std::string& token, base::UtcTime until,
                               base::UtcTime now) {
  const std::lock_guard lock(mutex_);
  return accounts_.try_emplace(account, most_).first->second.use(token, until, now);
}

}  // namespace watchrig::protocols
