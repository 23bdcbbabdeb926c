#include "system/devices/picture_settings.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "system/base/text.hpp"

namespace watchrig::devices {

const PictureSetting* PictureState::find(std::string_view name) const {
  const auto found = std::ranges::find(settings, name, &PictureSetting::name);
  return found == settings.end() ? nullptr : &*found;
}

std::optional<PictureRefusal> refusal_of(const PictureWishes& wishes, const PictureState& state) {
  for (const auto& [name, wish] : wishes) {
    const auto* known = state.find(name);
    if (!known || known->ability == Ability::no)
      return PictureRefusal{name, "the device has nothing of the kind"};
    if (known->has_modes != !wish.number.has_value())
      return PictureRefusal{name, known->has_modes ? "a mode is needed" : "a number is needed"};
    if (known->has_modes) {
      if (!known->modes.empty() && std::ranges::find(known->modes, wish.mode) == known->modes.end())
        return PictureRefusal{name, "the device has " + base::joined(known->modes, ", ")};
      continue;
    }
    const auto& range = known->range;
    if (!std::isfinite(*wish.number) ||
        (range && !(*wish.number >= range->min && *wish.number <= range->max)))
      return PictureRefusal{name, range ? fmt::format("the device has {:g} to {:g}", range->min, range->max)
                                        : std::string("no number that a device could have")};
  }
  return std::nullopt;
}

}  // namespace watchrig::devices
