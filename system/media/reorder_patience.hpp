#pragma once

#include <optional>
#include <string_view>

#include "system/base/clock.hpp"

namespace watchrig::media {

/// How a receiver weighs delay against gaps (IVSS 8.2.2.2.2), where packets overtake each other: by UDP.
enum class CacheStrategy {
  adaptive,  ///< waits as long as the late packets of the last half minute have needed
  realtime,  ///< waits for nothing that is later than a jitter of the network
  fluent,    ///< waits for whatever may still come
};
std::string_view name_of(CacheStrategy strategy);
std::optional<CacheStrategy> cache_strategy_from(std::string_view name);

/// How long a missing packet is waited for.
struct ReorderLimits {
  base::Duration usual;  ///< while nothing is known
  base::Duration shortest = usual;
  base::Duration longest = usual;
  base::Duration window = std::chrono::seconds(15);  ///< what was needed is known for one to two of these
};
ReorderLimits reorder_limits(CacheStrategy strategy);

/// Learns from the packets that come out of their order how long to wait for the next one.
class ReorderPatience {
 public:
  explicit ReorderPatience(const ReorderLimits& limits) : limits_(limits), wait_(limits.usual) {}

  base::Duration wait(base::UtcTime now);
  /// A packet came so long after the first one behind it, in time.
  void came(base::Duration waited, base::UtcTime now);
  void gave_up(base::UtcTime now) { gave_up_ = now; }
  /// A packet came after it was given up.
  void came_late(base::UtcTime now);

 private:
  void need(base::Duration needed, base::UtcTime now);
  void forget(base::UtcTime now);
  void decide();

  const ReorderLimits limits_;
  base::Duration wait_;
  base::Duration needed_{}, needed_before_{};  ///< in this window and in the one before
  std::optional<base::UtcTime> window_begin_;
  std::optional<base::UtcTime> gave_up_;
};

}  // namespace watchrig::media
