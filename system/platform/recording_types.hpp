#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "system/base/result.hpp"

namespace watchrig::platform {

/// Why something is recorded, of which several may hold at once: a sum of the below. The numbers stand on the
/// disk (`system/storage/FORMAT.md`), so none gets another meaning; those that are not known stay what they
/// are.
using RecordingTypes = std::uint32_t;

inline constexpr RecordingTypes regular_recording = 1;  ///< by a plan that is continuous or scheduled
inline constexpr RecordingTypes manual_recording = 2;   ///< by hand
inline constexpr RecordingTypes motion_recording = 4;   ///< from here on while an event lasts, and after it
inline constexpr RecordingTypes tampering_recording = 8;
inline constexpr RecordingTypes input_recording = 16;
inline constexpr RecordingTypes any_recording = ~RecordingTypes{0};

/// regular, manual, motion, tampering, input: those that hold, in this order.
std::vector<std::string> recording_type_names(RecordingTypes types);

/// The other way round. Errors: invalid, with all names, for one that is none of them.
base::Result<RecordingTypes> recording_types_from(const std::vector<std::string>& names);

}  // namespace watchrig::platform
