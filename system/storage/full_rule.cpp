#include "system/storage/full_rule.hpp"

#include <algorithm>

namespace watchrig::storage {

std::uint64_t FullRule::kept_free(std::uint64_t capacity) const {
  return std::max({reserve_bytes, std::min(full_bytes, capacity / 20), capacity / 100 * full_percent});
}

}  // namespace watchrig::storage
