#include "simulators/camera/unit_book.hpp"

#include <algorithm>

#include "system/base/text.hpp"

namespace watchrig::camera {

UnitRecord record_of(const scene::EncodedUnit& unit) {
  UnitRecord record{unit.index,         unit.captured,
                    unit.rtp_timestamp, static_cast<std::uint32_t>(unit.payload.size()),
                    unit.key,           {}};
  const std::string_view hex = unit.digest;
  const auto nibble = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  for (std::size_t i = 0; i < record.digest.size() && 2 * i + 1 < hex.size(); ++i) {
    record.digest[i] = static_cast<std::uint8_t>(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
  }
  return record;
}

std::uint64_t UnitGrid::index_at(base::UtcTime time) const {
  if (time <= started) return 0;
  const double seconds = std::chrono::duration<double>(time - started).count();
  auto index = static_cast<std::uint64_t>(seconds * rate.value());
  // The quotient of doubles may be one off to either side.
  while (index > 0 && started + rate.time_of(index) > time) --index;
  while (started + rate.time_of(index + 1) <= time) ++index;
  return index;
}

void UnitBook::append(const UnitRecord& record) {
  const std::lock_guard lock(mutex_);
  if (records_.size() == max_units) records_.pop_front();
  records_.push_back(record);
}

std::vector<UnitRecord> UnitBook::range(base::UtcTime from, base::UtcTime to) const {
  const auto before = [](const UnitRecord& record, base::UtcTime time) { return record.time < time; };
  const std::lock_guard lock(mutex_);
  const auto begin = std::lower_bound(records_.begin(), records_.end(), from, before);
  const auto end = std::lower_bound(begin, records_.end(), std::max(from, to), before);
  return {begin, end};
}

}  // namespace watchrig::camera
