#pragma once

#include <cstdint>

#include "system/base/clock.hpp"

namespace watchrig::media {

/// Pictures (or audio packets) a second as a fraction, so that the time of picture n is exact: 30000/1001,
/// 25/2.
struct FrameRate {
  std::int64_t numerator = 25;
  std::int64_t denominator = 1;

  double value() const { return double(numerator) / double(denominator); }

  /// The instant of picture `index` after picture 0, rounded down to the nanosecond. Exact for 200
  /// years of pictures.
  base::Duration time_of(std::uint64_t index) const { return base::Duration(ticks_of(index, 1'000'000'000)); }

  /// The same in ticks of a media clock (90000 for video), rounded down.
  std::int64_t ticks_of(std::uint64_t index, std::int64_t clock_rate) const {
    // Whole periods first: index * denominator * clock_rate may not fit 64 bits.
    const std::int64_t units = static_cast<std::int64_t>(index) * denominator;
    return units / numerator * clock_rate + units % numerator * clock_rate / numerator;
  }

  bool operator==(const FrameRate&) const = default;
};

}  // namespace watchrig::media
