#include "system/central/ptz/ptz_claims.hpp"

#include <fmt/format.h>

namespace watchrig::central {

SettingSection ptz_section() {
  constexpr std::int64_t most_groups = 64;
  return {"ptz",
          "turning cameras",
          {number_setting("hold", 10, 1, 600,
                          "seconds that a camera stays with an operator after their last command"),
           texts_setting("precedence", most_groups,
                         "groups whose members take cameras over from those behind them, the highest first; "
                         "administrators come before all, groups that are not named after all")},
          {}};
}

base::Result<PtzClaims::Taken> PtzClaims::take(const std::string& channel, const PtzOperator& who,
                                               base::Duration hold) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::erase_if(claims_, [&](const auto& claim) { return claim.second.until <= now; });
  const auto [place, is_new] = claims_.try_emplace(channel, Claim{who, now + hold});
  if (is_new) return Taken{true};
  Claim& claim = place->second;
  const bool own = claim.who.account == who.account;
  if (!own && claim.who.rank >= who.rank) {
    return base::Error{base::ErrorKind::conflict,
                       fmt::format("\"{}\" steers this camera, until {} unless they go on", claim.who.account,
                                   base::format_utc(claim.until, 0))};
  }
  Taken taken{!own};
  if (!own) taken.from = claim.who;
  claim = {who, now + hold};
  return taken;
}

bool PtzClaims::release(const std::string& channel, const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto found = claims_.find(channel);
  if (found == claims_.end() || found->second.who.account != account) return false;
  claims_.erase(found);
  return true;
}

std::optional<PtzClaims::Claim> PtzClaims::holder(const std::string& channel) const {
  const std::lock_guard lock(mutex_);
  const auto found = claims_.find(channel);
  if (found == claims_.end() || found->second.until <= clock_.now()) return std::nullopt;
  return found->second;
}

}  // namespace watchrig::central
