#include "system/central/accounts/lockout.hpp"

#include <algorithm>

namespace watchrig::central {

std::optional<base::UtcTime> Lockout::locked_until(const std::string& name) const {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(name);
  if (it == entries_.end() || !it->second.until || *it->second.until <= now) return std::nullopt;
  return it->second.until;
}

void Lockout::set_rules(Rules rules) {
  const std::lock_guard lock(mutex_);
  rules_ = rules;
}

bool Lockout::failed(const std::string& name) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (rules_.attempts == 0) return false;
  if (!entries_.contains(name) && entries_.size() >= most_names) make_room(now);
  Entry& entry = entries_[name];
  if (over(entry, now)) entry = {};
  entry.last = now;
  if (entry.until || ++entry.failures < rules_.attempts) return false;
  entry.until = now + rules_.period;
  return true;
}

void Lockout::lock(const std::string& name, base::Duration period) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(name) && entries_.size() >= most_names) make_room(now);
  entries_[name] = {0, now, now + period};
}

void Lockout::succeeded(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(name);
  if (it != entries_.end() && !it->second.until) entries_.erase(it);
}

std::vector<Lockout::Locked> Lockout::locked() const {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::vector<Locked> result;
  for (const auto& [name, entry] : entries_) {
    if (entry.until && *entry.until > now) result.push_back({name, *entry.until});
  }
  return result;
}

bool Lockout::unlock(const std::string& name) {
  const auto now = clock_.now();
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(name);
  if (it == entries_.end() || !it->second.until) return false;
  const bool was_locked = *it->second.until > now;
  entries_.erase(it);
  return was_locked;
}

bool Lockout::over(const Entry& entry, base::UtcTime now) const {
  return entry.until ? *entry.until <= now : now - entry.last >= rules_.period;
}

void Lockout::make_room(base::UtcTime now) {
  std::erase_if(entries_, [&](const auto& entry) { return over(entry.second, now); });
  if (entries_.size() < most_names) return;
  const auto sooner = [](const auto& a, const auto& b) {
    return std::pair(a.second.until.has_value(), a.second.last) <
           std::pair(b.second.until.has_value(), b.second.last);
  };
  entries_.erase(std::min_element(entries_.begin(), entries_.end(), sooner));
}

}  // namespace watchrig::central
