#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "simulators/scene/stream_source.hpp"
#include "system/media/frame_rate.hpp"

namespace watchrig::camera {

/// One access unit that a source has produced, without its payload.
struct UnitRecord {
  std::uint64_t index = 0;
  base::UtcTime time;  ///< capture
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t size = 0;  ///< payload bytes
  bool key = false;
  std::array<std::uint8_t, 32> digest{};  ///< SHA-256 of the payload
};

UnitRecord record_of(const scene::EncodedUnit& unit);

/// How many units a track remembers: over two hours at 25 a second.
inline constexpr std::size_t max_units = 200000;

/// When the units of a source are captured; turns an instant into the number of its unit without looking it
/// up.
struct UnitGrid {
  base::UtcTime started;
  media::FrameRate rate;

  /// The unit captured at `time`, which is one of the source's capture times.
  std::uint64_t index_at(base::UtcTime time) const;
};

/// The units of one source, oldest first and without gaps, shared by all cameras that send it. Any thread.
class UnitBook {
 public:
  /// Forgets the oldest beyond max_units.
  void append(const UnitRecord& record);
  /// Those captured from `from` up to before `to`.
  std::vector<UnitRecord> range(base::UtcTime from, base::UtcTime to) const;

 private:
  mutable std::mutex mutex_;
  std::deque<UnitRecord> records_;
};

}  // namespace watchrig::camera
