#pragma once

#include <cstdint>

namespace watchrig::storage {

/// How much of a volume stays free, and what becomes of recording when there is no more than that. Server
/// manual, 8.5.1.2.
struct FullRule {
  std::uint64_t reserve_bytes = 64u << 20;  ///< stay free, for the index and for others
  std::uint64_t full_bytes = 0;             ///< stay free too, but no more than a twentieth of the volume
  std::uint64_t full_percent = 0;           ///< of the volume stay free too
  bool overwrite = false;                   ///< the oldest segment goes; else recording waits

  /// The largest of the three.
  std::uint64_t kept_free(std::uint64_t capacity) const;
};

}  // namespace watchrig::storage
