#pragma once

#include <string>

#include "system/platform/recording_types.hpp"

namespace watchrig::central {

/// What storage is to record of a channel now.
struct RecordOrder {
  std::string stream;                  ///< empty: nothing
  platform::RecordingTypes types = 0;  ///< 0 exactly when there is no stream

  friend bool operator==(const RecordOrder&, const RecordOrder&) = default;
};

}  // namespace watchrig::central
