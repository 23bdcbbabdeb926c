#pragma once

#include <cstdint>

namespace watchrig::storage {

/// What is needed to record, in round figures for whoever buys disks. Server manual, appendix 3.
struct CapacityEstimate {
  static constexpr std::int64_t most_kbps = 1'000'000;
  static constexpr std::int64_t most_channels = 100'000;
  static constexpr std::int64_t most_hours = 100 * 366 * 24;
  static constexpr std::int64_t most_megabytes = 1'000'000'000'000;

  /// MB that an hour of a stream of so many kb/s takes; less than 96 counts as 96.
  static std::int64_t megabytes_an_hour(std::int64_t kbps);
  /// MB for so many hours of so many channels.
  static std::int64_t megabytes(std::int64_t channels, std::int64_t hours, std::int64_t an_hour);
  /// Whole hours for which so many MB last.
  static std::int64_t hours(std::int64_t channels, std::int64_t megabytes, std::int64_t an_hour);
};

}  // namespace watchrig::storage
