#pragma once

#include <cstdint>
#include <optional>

#include "system/base/clock.hpp"

namespace watchrig::media {

/// Gives every unit of a track its place in this server's time: AccessUnit::time.
///
/// The first unit is anchored to its arrival. Later ones follow the differences of the RTP timestamps, so
/// that the jitter of the network does not show. The arrival is compared with that; the smallest delay in
/// each 2.5 s (the others have only waited longer) is what the mapping is corrected towards, by at most 1 %
/// of the time that passes, so that a drifting clock of the camera is followed and never seen as a jump.
///
/// The mapping is anchored to the arrival anew when a unit lies more than `max_offset` in the future or the
/// timestamps leap backwards by more than that, and when for 2.5 s every unit came more than `max_offset`
/// after its time. A shorter delay is a stall of the network, after which the units still have their true
/// times.
///
/// Times are strictly increasing whatever the timestamps do: where the mapping leads back, time goes on at an
/// eighth of the speed until the mapping has caught up.
class MediaClock {
 public:
  /// `rate` in Hz, not 0; every time given is later than `after`.
  MediaClock(std::uint32_t rate, base::Duration max_offset, std::optional<base::UtcTime> after);

  /// The time of the next unit. `arrival` is that of its first packet and may go back only by the clock's own
  /// error.
  base::UtcTime map(std::uint32_t timestamp, base::UtcTime arrival);
  /// The timestamps to come have nothing to do with those before.
  void restart() { anchored_ = false; }
  /// How often the mapping was anchored after the first time, restarts apart.
  std::uint64_t reanchored() const { return reanchored_; }
  /// How often of these because the timestamps leapt, and not the arrival.
  std::uint64_t leaps() const { return leaps_; }

 private:
  void anchor(base::UtcTime arrival);
  void correct(base::Duration late, base::Duration advance, base::UtcTime arrival);
  base::Duration ticks(std::int64_t count) const;

  std::uint32_t rate_;
  base::Duration max_offset_;
  bool anchored_ = false;
  base::UtcTime anchor_;
  std::int64_t position_ = 0;  ///< ticks since the anchor
  std::uint32_t last_timestamp_ = 0;
  std::optional<base::UtcTime> last_;  ///< time given last
  base::UtcTime window_begin_;
  base::Duration least_late_{};  ///< in the present window
  base::Duration correction_{};  ///< still to be made
  std::uint64_t reanchored_ = 0, leaps_ = 0;
};

}  // namespace watchrig::media
