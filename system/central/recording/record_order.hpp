#pragma once

#include <cstdint>
#include <string>

#include "system/base/clock.hpp"
#include "system/platform/recording_types.hpp"

namespace watchrig::central {

/// What storage is to record of a channel now.
struct RecordOrder {
  std::string stream;                  ///< empty: nothing
  platform::RecordingTypes types = 0;  ///< 0: nothing yet
  base::Duration ahead{};              ///< what is kept in memory meanwhile, to be recorded first
  std::int64_t disk_group = 1;         ///< of the volumes

  friend bool operator==(const RecordOrder&, const RecordOrder&) = default;
};

}  // namespace watchrig::central
