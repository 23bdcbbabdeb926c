#include "system/storage/capacity_estimate.hpp"

#include <algorithm>

namespace watchrig::storage {

std::int64_t CapacityEstimate::megabytes_an_hour(std::int64_t kbps) {
  constexpr std::int64_t least_kbps = 96;
  return std::max(kbps, least_kbps) * 450 / 1024;  // 3600 s in Kib of 8 bits, to MB
}

std::int64_t CapacityEstimate::megabytes(std::int64_t channels, std::int64_t hours, std::int64_t an_hour) {
  return channels * hours * an_hour;
}

std::int64_t CapacityEstimate::hours(std::int64_t channels, std::int64_t megabytes, std::int64_t an_hour) {
  return megabytes / (channels * an_hour);
}

}  // namespace watchrig::storage
