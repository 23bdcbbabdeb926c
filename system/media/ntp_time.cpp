#include <chrono>

#include "system/media/rtcp.hpp"

namespace watchrig::media {

namespace {

// Seconds from the NTP epoch (1900) to that of UTC here (1970), and the length of an NTP era.
constexpr std::int64_t epoch_gap = 2'208'988'800;
constexpr std::int64_t era = std::int64_t{1} << 32;
constexpr std::int64_t nanoseconds = 1'000'000'000;

}  // namespace

std::uint64_t to_ntp(base::UtcTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = static_cast<std::uint64_t>((time - whole).count());
  const auto seconds = static_cast<std::uint64_t>(whole.time_since_epoch().count() + epoch_gap);
  // Rounded up, so that from_ntp(), which rounds down, gives the same nanosecond back.
  return seconds << 32 | ((fraction << 32) + nanoseconds - 1) / nanoseconds;
}

std::optional<base::UtcTime> from_ntp(std::uint64_t ntp) {
  if (ntp == 0) return std::nullopt;
  auto seconds = static_cast<std::int64_t>(ntp >> 32);
  if (seconds < era / 2) seconds += era;
  const auto fraction = static_cast<std::int64_t>(((ntp & 0xffffffff) * nanoseconds) >> 32);
  return base::UtcTime(std::chrono::seconds(seconds - epoch_gap) + base::Duration(fraction));
}

}  // namespace watchrig::media
