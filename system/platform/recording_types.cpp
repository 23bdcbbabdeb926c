#include "system/platform/recording_types.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace watchrig::platform {

namespace {

struct Named {
  RecordingTypes type;
  std::string_view name;
};

constexpr Named known[] = {{regular_recording, "regular"},
                           {manual_recording, "manual"},
                           {motion_recording, "motion"},
                           {tampering_recording, "tampering"},
                           {input_recording, "input"}};

}  // namespace

std::vector<std::string> recording_type_names(RecordingTypes types) {
  std::vector<std::string> names;
  for (const auto& [type, name] : known) {
    if (types & type) names.emplace_back(name);
  }
  return names;
}

base::Result<RecordingTypes> recording_types_from(const std::vector<std::string>& names) {
  RecordingTypes types = 0;
  for (const auto& name : names) {
    const auto found = std::ranges::find(known, name, &Named::name);
    if (found == std::end(known)) {
      return base::Error{base::ErrorKind::invalid,
                         fmt::format("there is no type of recordings \"{}\": set it to {}", name,
                                     fmt::join(recording_type_names(any_recording), ", "))};
    }
    types |= found->type;
  }
  return types;
}

}  // namespace watchrig::platform
