#include "system/devices/registered/refusal_book.hpp"

#include <algorithm>

namespace watchrig::devices {

bool RefusalBook::may_tell(base::UtcTime now) {
  if (now - minute_began_ >= minute || now < minute_began_) {
    minute_began_ = now;
    told_in_minute_ = 0;
  }
  return told_in_minute_++ < most_told;
}

bool RefusalBook::note(const std::string& device_id, const std::string& source, const std::string& reason,
                       base::UtcTime now) {
  Entry entry{{device_id, source, reason, now, 1}, std::nullopt};
  const auto same = std::ranges::find(
      entries_, device_id, [](const Entry& one) -> const std::string& { return one.shown.device_id; });
  if (same != entries_.end()) {
    if (same->shown.reason == reason && same->shown.source == source) {
      entry.shown.attempts = same->shown.attempts + 1;
      entry.told = same->told;
    }
    entries_.erase(same);
  } else if (entries_.size() >= most) {
    entries_.pop_front();
  }
  const bool tells = (!entry.told || now - *entry.told >= repeated) && may_tell(now);
  if (tells) entry.told = now;
  entries_.push_back(std::move(entry));
  return tells;
}

void RefusalBook::forget(const std::string& device_id) {
  std::erase_if(entries_, [&](const Entry& one) { return one.shown.device_id == device_id; });
}

std::vector<RefusalBook::Refused> RefusalBook::refused() const {
  std::vector<Refused> all;
  for (const auto& entry : entries_) all.push_back(entry.shown);
  return all;
}

}  // namespace watchrig::devices
